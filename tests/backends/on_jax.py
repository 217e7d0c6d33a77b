"""The recurrent layers on JAX: equal to those of Keras, on cuDNN's path too.

`test_elsewhere.py` runs this.
"""

import jax
import keras
import numpy as np
import pytest
from gradients import value_and_gradients
from jax import numpy as jnp
from jax.experimental import rnn
from keras import ops

from keras_vrae import backend, layers
from keras_vrae.backend.jax import recurrent

UNITS, FEATURES, ROWS = 4, 3, 5
LAYERS = {
    "lstm": (layers.LSTM, keras.layers.LSTM),
    "gru": (layers.GRU, keras.layers.GRU),
}
MASKS = {
    "none": lambda steps: None,
    "ends": lambda steps: np.arange(steps) < np.array([steps, 1, 2, steps - 1, 3])[:, None],
    "begins": lambda steps: np.arange(steps) >= np.array([0, steps - 1, 2, 1, 3])[:, None],
    "holes": lambda steps: np.random.default_rng(0).random((ROWS, steps)) < 0.5,
    "nothing valid": lambda steps: np.arange(steps) < np.array([steps, 0, 2, 0, 1])[:, None],
}


def results(layer, x, mask, state):
    """Outputs, states, and the gradients of a sum that depends on all of them."""

    def compute():
        found = layer(ops.convert_to_tensor(x), mask=mask, initial_state=list(state))
        return ops.concatenate([ops.reshape(part, (-1,)) for part in found])

    flat = np.asarray(jax.jit(compute)())
    weights = np.sin(np.arange(flat.size)).astype("float32")
    _, gradients = value_and_gradients(
        lambda: ops.sum(compute() * weights), layer.trainable_variables
    )
    return flat, gradients


def pair(name, **options):
    ours, theirs = (kind(UNITS, return_state=True, **options) for kind in LAYERS[name])
    for layer in (ours, theirs):
        layer.build((None, None, FEATURES))
    generator = np.random.default_rng(1)
    weights = [generator.normal(size=weight.shape) for weight in ours.get_weights()]
    for layer in (ours, theirs):
        layer.set_weights(weights)
    states = generator.normal(size=(2 if name == "lstm" else 1, ROWS, UNITS)).astype("float32")
    return ours, theirs, states


def check(name, mask, steps, **options):
    ours, theirs, state = pair(name, **options)
    if mask not in ("none", "ends"):
        # Before the first valid step Keras gives 0 on TensorFlow and the state on JAX; we give 0.
        state = np.zeros_like(state)
    x = np.random.default_rng(2).normal(size=(ROWS, steps, FEATURES)).astype("float32")
    mask = MASKS[mask](steps)
    mine, its = (results(layer, x, mask, state) for layer in (ours, theirs))
    np.testing.assert_allclose(mine[0], its[0], atol=1e-5)
    for ours_gradient, its_gradient in zip(mine[1], its[1], strict=True):
        scale = max(1.0, np.abs(its_gradient).max())
        np.testing.assert_allclose(ours_gradient, its_gradient, atol=1e-5 * scale)


CASES = [("none", False), ("ends", False), *((mask, True) for mask in MASKS)]


@pytest.mark.parametrize(("mask", "return_sequences"), CASES)
@pytest.mark.parametrize("name", LAYERS)
def test_layer_is_that_of_keras(name, mask, return_sequences):
    check(name, mask, 6, return_sequences=return_sequences)


@pytest.mark.parametrize("name", LAYERS)
def test_long_sequences(name):
    check(name, "ends", recurrent.MAX_STEPS + 5, return_sequences=True)
    check(name, "none", recurrent.MAX_STEPS + 5, go_backwards=True)


@pytest.mark.parametrize(("mask", "return_sequences"), CASES)
def test_lstm_of_cudnn(mask, return_sequences, monkeypatch):
    # As cuDNN is documented: the layout of the weights is JAX's own, the states stay as they are
    # after the end of a sequence, where outputs are 0.
    calls = []

    def reference(x, h, c, weights, lengths, **options):
        calls.append(options)
        sizes = [options[n] for n in ("input_size", "hidden_size", "num_layers", "bidirectional")]
        w_x, w_h, b_x, b_h = (part[0] for part in rnn.unpack_lstm_weights(weights, *sizes))
        h, c, outputs = h[0], c[0], []
        for step in range(x.shape[1]):
            i, f, g, o = jnp.split(x[:, step] @ w_x.T + b_x + h @ w_h.T + b_h, 4, axis=1)
            next_c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            valid = (step < lengths)[:, None]
            h = jnp.where(valid, jax.nn.sigmoid(o) * jnp.tanh(next_c), h)
            c = jnp.where(valid, next_c, c)
            outputs.append(jnp.where(valid, h, 0.0))
        return jnp.stack(outputs, 1), h[None], c[None]

    monkeypatch.setattr(rnn, "lstm", reference)
    monkeypatch.setattr(recurrent, "on_gpu", lambda: True)
    ours, _, state = pair("lstm", return_sequences=return_sequences)
    x = np.random.default_rng(2).normal(size=(ROWS, 6, FEATURES)).astype("float32")
    mask = MASKS[mask](6)
    found = results(ours, x, mask, state)
    assert calls
    monkeypatch.undo()
    expected = results(ours, x, mask, state)
    np.testing.assert_allclose(found[0], expected[0], atol=1e-5)
    for one, other in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_memory_of_long_sequences_is_checkpointed():
    layer = layers.LSTM(UNITS)
    layer.build((None, None, FEATURES))

    def saved(steps):
        x = np.zeros((steps, ROWS, FEATURES), "float32")
        state = (np.zeros((ROWS, UNITS), "float32"),) * 2

        def loss(kernel, *others):
            weights = (kernel, *others, np.zeros(4 * UNITS, "float32"))
            return ops.sum(
                recurrent.scan(recurrent.lstm_step, x, state, None, weights, False)[1][0]
            )

        values = [weight.value for weight in layer.trainable_variables]
        compiled = jax.jit(jax.grad(loss)).lower(*values).compile()
        return compiled.memory_analysis().temp_size_in_bytes

    assert saved(1120) < 6 * saved(56)  # Twenty times as long.


def test_engine_is_that_of_jax():
    assert backend.name == "jax"
    assert backend.compiles_each_shape
