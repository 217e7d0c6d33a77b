"""The rivals of the benchmarks have the same network and the same bound."""

import math
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_vrae as kv

ENCODERS = ("dense", "lstm", "gru")
SHAPE = (7, 12)


@pytest.fixture
def task(tmp_path):
    x = np.random.default_rng(0).random((32, *SHAPE), dtype="float32")
    np.save(tmp_path / "images.npy", x)

    def make(encoder):
        sizes = {"batch_size": 8, "hidden_units": 8, "encode_batch": 16, "epochs": 2}
        return SimpleNamespace(encoder=encoder, images=str(tmp_path / "images.npy"), x=x, **sizes)

    return make


def check_rival(work):
    work["train"]()
    z_mean, z_log_var, *_ = work["encode"]()
    assert z_mean.shape == z_log_var.shape == (32, 2)
    assert np.isfinite(z_mean).all()


# Before training the logits are near 0: log 2 for each value.
LOSS_AT_START = pytest.approx(math.prod(SHAPE) * math.log(2), rel=0.06)


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ENCODERS)
def test_tutorial_has_the_same_network_and_bound(encoder, task):
    from benchmarks.rivals import tutorial

    task = task(encoder)
    check_rival(tutorial.make(task, None))
    x = task.x
    model = tutorial.VAE(
        tutorial.make_encoder(task, x.shape[1:]), tutorial.make_decoder(task, x.shape[1:])
    )
    ours = kv.build(encoder, x.shape[1:], hidden_units=8)
    sizes = [sorted(tuple(w.shape) for w in m.trainable_weights) for m in (model, ours)]
    assert sizes[0] == sizes[1]
    model.compile(keras.optimizers.Adam())
    assert float(model.train_step(tf.constant(x))["total_loss"]) == LOSS_AT_START
    if encoder == "dense":
        fed = tutorial.make(task, "dataset")
        assert list(fed) == ["train"]
        assert len(fed["train"]().epoch) == 2


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["eager", "fused"])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_torch_has_the_same_network_and_bound(encoder, variant, task):
    torch = pytest.importorskip("torch")
    from benchmarks.rivals import torch_vae

    task = task(encoder)
    check_rival(torch_vae.make(task, variant))
    model = torch_vae.VAE(encoder, SHAPE, hidden_units=8, latent_dim=2)
    assert model(torch.from_numpy(task.x)).item() == LOSS_AT_START
    sizes = {
        kind: math.prod(shape)
        for kind, shape in ((w, m.shape) for w, m in model.named_parameters())
        if "bias" not in kind
    }
    ours = kv.build(encoder, SHAPE, hidden_units=8).trainable_weights
    assert sum(sizes.values()) == sum(math.prod(w.shape) for w in ours if "bias" not in w.path)


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ENCODERS)
def test_jax_has_the_same_network_and_bound(encoder, task):
    jax = pytest.importorskip("jax")
    pytest.importorskip("optax")
    from benchmarks.rivals import jax_vae

    task = task(encoder)
    check_rival(jax_vae.make(task, None))
    key = jax.random.key(0)
    parameters = jax_vae.make_parameters(key, encoder, SHAPE, 8, 2)
    assert float(jax_vae.loss(parameters, task.x, key, encoder)) == LOSS_AT_START
    ours = kv.build(encoder, SHAPE, hidden_units=8).count_params()
    bias_of_an_lstm = 4 * 8 if encoder == "lstm" else 0
    assert sum(leaf.size for leaf in jax.tree.leaves(parameters)) == ours + bias_of_an_lstm


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_recurrent_networks_of_jax_are_those_of_keras(kind):
    jax = pytest.importorskip("jax")
    pytest.importorskip("optax")
    from benchmarks.rivals import jax_vae

    layer = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[kind](4)
    x = np.random.default_rng(0).normal(size=(3, 6, 5)).astype("float32")
    layer.build(x.shape)
    layer.set_weights([np.random.default_rng(1).normal(size=w.shape) for w in layer.weights])
    w, u, b = (jax.numpy.asarray(weight.numpy()) for weight in layer.weights)
    biases = (b, None) if kind == "lstm" else b
    theirs = {"w": w, "u": u, "b": biases[0], "recurrent_b": biases[1]}
    last_state = {"lstm": jax_vae.last_lstm_state, "gru": jax_vae.last_gru_state}[kind]
    np.testing.assert_allclose(last_state(theirs, x), layer(x), atol=1e-5)
