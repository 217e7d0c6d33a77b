"""What every combination of encoder, decoder and likelihood must do."""

import cases
import keras
import numpy as np
import pytest
from gradients import compiled, to_numpy, value_and_gradients
from keras import ops

import keras_vrae as kv

BATCH = 4


@pytest.fixture
def x():
    return np.random.default_rng(0).random((BATCH, *cases.EVENT_SHAPE)).astype("float32")


def over(family):
    return pytest.mark.parametrize("make", family.values(), ids=family.keys())


@over({**cases.ENCODERS, **cases.DECODERS, **cases.LIKELIHOODS})
def test_config_makes_the_same_layer_again(make):
    layer = make()
    copy = type(layer).from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    restored = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(restored) is type(layer)


@over(cases.ENCODERS)
def test_encoder_shapes_symbolic_and_eager(make, x):
    encoder = make()
    symbolic = encoder(keras.Input(cases.EVENT_SHAPE))
    eager = encoder(x)
    for output, value in zip(symbolic, eager, strict=True):
        assert output.shape == (None, cases.LATENT_DIM)
        assert value.shape == (BATCH, cases.LATENT_DIM)
        assert keras.backend.standardize_dtype(output.dtype) == "float32"


@over(cases.DECODERS)
@pytest.mark.parametrize("leading", [(4,), (3, 4)])
def test_decoder_keeps_leading_axes(make, leading):
    z = np.ones((*leading, cases.LATENT_DIM), "float32")
    assert make()(z).shape == (*leading, *cases.EVENT_SHAPE)
    symbolic = make()(keras.Input(z.shape[1:]))
    assert symbolic.shape == (None, *leading[1:], *cases.EVENT_SHAPE)


@over(cases.ENCODERS)
def test_encoder_log_variance_is_bounded_whatever_the_input(make):
    huge = np.full((2, *cases.EVENT_SHAPE), 1e30, "float32")
    z_mean, z_log_var = map(to_numpy, make()(huge))
    assert np.isfinite(z_mean).all()
    assert (np.abs(z_log_var) <= kv.Encoder.max_abs_log_var).all()


@over(cases.ENCODERS)
def test_masked_steps_make_no_difference(make, x):
    encoder = make()
    mask = np.ones((BATCH, cases.EVENT_SHAPE[0]), bool)
    mask[1, 3:] = mask[2, 1:] = False
    other = np.where(mask[..., None], x, 9.0)
    assert np.abs(other - x).max() > 1
    for ours, theirs in zip(encoder(x, mask=mask), encoder(other, mask=mask), strict=True):
        np.testing.assert_allclose(to_numpy(ours), to_numpy(theirs), rtol=1e-5, atol=1e-6)
    unmasked, masked = encoder(other).z_mean, encoder(other, mask=mask).z_mean
    assert np.abs(to_numpy(unmasked) - to_numpy(masked))[1:3].max() > 1e-4


@pytest.mark.parametrize("name", ["lstm", "gru", "lstm_deep", "gru_deep"])
def test_recurrent_encoder_reads_a_masked_sequence_as_the_shorter_one(name, x):
    encoder = cases.ENCODERS[name]()
    mask = np.zeros(x.shape[:2], bool)
    mask[:, :3] = True
    for padded, short in zip(encoder(x, mask=mask), encoder(x[:, :3]), strict=True):
        np.testing.assert_allclose(to_numpy(padded), to_numpy(short), rtol=1e-5, atol=1e-6)


def test_each_part_is_in_a_model():
    for number, family in enumerate((cases.ENCODERS, cases.DECODERS, cases.LIKELIHOODS)):
        assert {names[number] for names in cases.ALL_MODELS} == set(family)


@pytest.mark.slow
@pytest.mark.parametrize("names", cases.MODELS.values(), ids=cases.MODELS.keys())
def test_model(names, x, tmp_path):
    model = cases.make_model(names)
    model.compile("adam")

    noise = np.random.default_rng(1).normal(size=(2, BATCH, cases.LATENT_DIM)).astype("float32")

    def bound(batch):
        return model.elbo_terms(model.batch_of((batch,)), 2, noise=noise).elbo

    eager = bound(ops.convert_to_tensor(x))
    assert eager.shape == (BATCH,)
    graph = compiled(bound)(ops.convert_to_tensor(x))
    np.testing.assert_allclose(to_numpy(graph), to_numpy(eager), rtol=1e-5)

    weights = model.trainable_weights
    _, gradients = value_and_gradients(
        lambda: ops.sum(model.training_losses(model.batch_of((x,)), 0)[0]), weights
    )
    for weight, gradient in zip(weights, gradients, strict=True):
        assert gradient is not None, weight.path
        assert np.abs(gradient).max() > 0, weight.path

    model.train_on_batch(x)
    model.save(tmp_path / "model.keras")
    copy = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(copy.encode(x).z_mean, model.encode(x).z_mean)
    np.testing.assert_array_equal(copy.reconstruct(x), model.reconstruct(x))
    for mine, its in zip(model.optimizer.variables, copy.optimizer.variables, strict=True):
        np.testing.assert_array_equal(to_numpy(mine), to_numpy(its))
    if "deep" not in names[0]:  # Dropout has noise of its own, which Keras does not save.
        assert model.train_on_batch(x) == copy.train_on_batch(x)
        assert model.test_on_batch(x) == copy.test_on_batch(x)


@pytest.mark.parametrize("names", cases.MODELS.values(), ids=cases.MODELS.keys())
def test_generated_values_and_means_lie_in_the_support(names, x):
    model = cases.make_model(names)
    for images in (model.generate(6, seed=0), model.generate(6, seed=0, draw=True)):
        assert images.shape == (6, *cases.EVENT_SHAPE)
        assert np.all(to_numpy(model.likelihood.in_support(images)))
    np.testing.assert_array_equal(model.generate(6, seed=0), model.generate(6, seed=0))
    assert np.abs(model.generate(6, seed=0) - model.generate(6, seed=1)).max() > 0
    np.testing.assert_allclose(model.predict(x, verbose=0), model.reconstruct(x), atol=1e-6)
