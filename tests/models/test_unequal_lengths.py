"""Sequences of unequal length through every method of a model."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_vrae as kv
from keras_vrae import sequences
from keras_vrae.batch import Batch
from keras_vrae.validation import SettingError

LENGTHS = (2, 5, 3, 4)
CATEGORIES = 4


def arrays(lengths=LENGTHS, features=3, tokens=False):
    rng = np.random.default_rng(len(lengths))
    if tokens:
        return [rng.integers(CATEGORIES, size=steps).astype("float32") for steps in lengths]
    return [rng.random((steps, features)).astype("float32") for steps in lengths]


def make(encoder="gru", decoder="lstm", steps=None, tokens=False, **decoder_options):
    return kv.build(
        encoder,
        (steps,) if tokens else (steps, 3),
        latent_dim=2,
        hidden_units=6,
        likelihood=kv.Categorical(CATEGORIES) if tokens else "gaussian",
        decoder=decoder,
        decoder_options=decoder_options,
        seed=0,
        **({"bidirectional": True} if encoder == "lstm" else {}),
    )


MODELS = {
    "zero": {},
    "bidirectional-teacher-z": {
        "encoder": "lstm",
        "decoder": "gru",
        "inputs": "teacher",
        "z_at_every_step": True,
    },
    "own": {"decoder": "gru", "inputs": "own"},
    "tokens": {"decoder": "lstm", "inputs": "teacher", "tokens": True},
    "dense": {"encoder": "dense", "decoder": "dense", "steps": 7},
}


def bound_and_gradients(model, x):
    """The bound of each example, and its gradient, with noise that depends on their number only."""
    seeds = keras.random.SeedGenerator(1)
    with tf.GradientTape() as tape:
        elbo = model.elbo_terms(model.batch_of((x,)), 2, noise=seeds).elbo
        total = tf.reduce_sum(elbo)
    return elbo, tape.gradient(total, model.trainable_weights)


@pytest.mark.parametrize("options", MODELS.values(), ids=MODELS)
def test_padding_changes_neither_value_nor_gradient(options):
    model = make(**options)
    tokens = options.get("tokens", False)
    padded = sequences.pad(arrays(tokens=tokens), steps=7)
    other = {"x": padded["x"].copy(), "lengths": padded["lengths"]}
    for row, steps in zip(other["x"], LENGTHS, strict=True):
        row[steps:] = np.nan
    variants = [other]
    if model.event_shape[0] is None:
        variants.append(sequences.pad(arrays(tokens=tokens)))
    elbo, gradients = bound_and_gradients(model, padded)
    assert np.abs(elbo).min() > 0.1
    for variant in variants:
        found, found_gradients = bound_and_gradients(model, variant)
        np.testing.assert_allclose(found, elbo, rtol=1e-5, atol=1e-5)
        for weight, ours, theirs in zip(
            model.trainable_weights, found_gradients, gradients, strict=True
        ):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5, err_msg=weight.path)


@pytest.mark.parametrize("options", [MODELS["zero"], MODELS["tokens"]], ids=["zero", "tokens"])
def test_padded_sequences_have_the_bound_of_each_alone(options):
    # With so small a variance the noise, which differs between batches, makes no difference.
    model = make(**options)
    model.encoder.z_log_var_head.kernel.assign(tf.zeros_like(model.encoder.z_log_var_head.kernel))
    model.encoder.z_log_var_head.bias.assign([-20.0, -20.0])
    alone = arrays(tokens=options.get("tokens", False))
    together = bound_and_gradients(model, sequences.pad(alone))[0]
    for found, array in zip(together, alone, strict=True):
        np.testing.assert_allclose(
            bound_and_gradients(model, array[None])[0][0], found, rtol=1e-4, atol=1e-4
        )


@pytest.mark.slow
@pytest.mark.parametrize("steps", [None, 5])
def test_keras_methods(steps):
    model, alone = make(steps=steps), arrays()
    model.compile("adam")
    padded = sequences.pad(alone)
    history = model.fit(alone, batch_size=3, epochs=1, verbose=0, validation_data=padded).history
    assert np.isfinite(history["val_loss"]).all()
    batches = tf.data.Dataset.from_tensor_slices(padded).batch(3)
    model.fit(batches, epochs=1, verbose=0, validation_data=batches, shuffle=False)
    model.fit(padded, sample_weight=np.array([1.0, 0, 0, 0]), verbose=0)
    metrics = model.evaluate(padded, verbose=0, return_dict=True)
    terms = kv.evaluation.elbo_estimate(model, alone, num_samples=200)
    assert metrics["loss"] == pytest.approx(-terms["elbo"].mean(), rel=0.1)
    copies = model.predict(padded, verbose=0)
    assert copies.shape == padded["x"].shape
    np.testing.assert_allclose(model.reconstruct(alone), copies, atol=1e-6)
    assert not copies[0, 2:].any()
    assert copies[0, :2].all()
    whole = model.encode(alone).z_mean
    for code, array in zip(whole, alone, strict=True):
        lone = [array] if steps is None else sequences.pad([array], steps)
        np.testing.assert_allclose(model.encode(lone).z_mean[0], code, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("inputs", ["zero", "teacher", "own"])
def test_generate_and_complete(inputs):
    model, prefixes = make(inputs=inputs), arrays()
    drawn = model.generate(3, seed=1, draw=True, length=6)
    assert drawn.shape == (3, 6, 3)
    np.testing.assert_array_equal(model.generate(3, seed=1, draw=True, length=6), drawn)
    assert np.abs(model.generate(3, seed=2, draw=True, length=6) - drawn).max() > 0.1
    cold = model.generate(3, seed=1, draw=True, length=6, temperature=1e-6)
    np.testing.assert_allclose(cold, model.generate(3, seed=1, length=6), atol=1e-4)
    found = model.complete(prefixes, length=6, num_samples=2, seed=0)
    assert found.shape == (4, 2, 6, 3)
    for rows, prefix in zip(found, prefixes, strict=True):
        for row in rows:
            np.testing.assert_array_equal(row[: len(prefix)], prefix)
            assert np.abs(row[len(prefix) :]).min() > 0
    assert np.abs(found[:, 0] - found[:, 1]).max() > 0.1


def test_teacher_forcing_gives_the_likelihood_of_what_is_written_step_by_step():
    model = make(decoder="gru", inputs="teacher")
    z = np.ones((2, 2), "float32")
    parameters, x = model.decoder.write(z, lambda p: model.likelihood.sample(p, seed=1), steps=5)
    again = model.decoder(z, batch=Batch(x, target=x))
    np.testing.assert_allclose(again, parameters, rtol=1e-5, atol=1e-6)


def test_categorical_agrees_with_scipy_free_counting():
    likelihood = kv.Categorical(3)
    logits = np.log([[[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]]]).astype("float32")[None]
    x = np.array([[1.0, 2.0]])
    assert float(likelihood.log_prob(x, logits)[0, 0]) == pytest.approx(np.log(0.5 * 0.8), abs=1e-6)
    mask = np.array([[True, False]])
    assert float(likelihood.log_prob(x, logits, mask)[0, 0]) == pytest.approx(np.log(0.5), abs=1e-6)
    many = np.broadcast_to(logits, (4000, 1, 2, 3))
    for temperature, expected in ((1.0, [0.2, 0.5, 0.3]), (0.5, [4 / 38, 25 / 38, 9 / 38])):
        drawn = np.asarray(likelihood.sample(many, seed=0, temperature=temperature))[:, 0, 0]
        shares = np.bincount(drawn.astype(int), minlength=3) / 4000
        np.testing.assert_allclose(shares, expected, atol=0.03)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda m: m.generate(2), "`length` must be given"),
        (lambda m: m.generate(2, length=4, temperature=0.5), "`temperature` must be 1.0"),
        (lambda m: m.complete(arrays(), length=3), "`length` must be a whole number of at least 5"),
        (lambda m: m.fit({"x": np.zeros((2, 4, 3)), "lengths": np.array([5, 1])}), "lengths[0]=5"),
        (lambda m: m.encode([np.zeros((2, 3)), np.zeros((0, 3))]), "`sequences`"),
        (lambda m: kv.build("dense", (8, 8)).generate(2, length=3), "`length` must be left out"),
        (lambda m: kv.build("dense", (8, 8)).complete(np.zeros((1, 2, 8)), 8), "`decoder`"),
        (lambda m: kv.build("dense", (None, 8), decoder="lstm"), "fixed shape"),
        (lambda m: kv.build("gru", (None, 8)), "`input_shape[0]`"),
        (lambda m: kv.LSTMDecoder((4, 2), word_dropout=0.5), "`word_dropout` must be 0"),
        (lambda m: kv.LSTMDecoder((4, 2), inputs="free"), "`inputs` must be one of"),
    ],
)
def test_refusals(call, words):
    model = make()
    model.compile("adam")
    with pytest.raises(SettingError) as raised:
        call(model)
    assert words in str(raised.value)
