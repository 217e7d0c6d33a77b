"""Odd input and the right answer to it."""

import importlib

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_vrae as kv
from keras_vrae.validation import SettingError

N, SHAPE = 48, (4, 3)
RNG = np.random.default_rng(0)
X = RNG.random((N, *SHAPE)).astype("float32")


def supervised(**options):
    keras.utils.set_random_seed(0)
    options = {"num_classes": 3, "weight": 50.0, "latent_dim": 2, **options}
    model = kv.build("dense", SHAPE, hidden_units=8, seed=0, **options)
    model.compile(kv.optimizers.Adam(0.01))
    return model


def plain(encoder="dense", **options):
    keras.utils.set_random_seed(0)
    options = {"hidden_units": 8, "seed": 0, **options}
    model = kv.build(encoder, SHAPE, **options)
    model.compile(kv.optimizers.Adam(0.01))
    return model


# Labels.


@pytest.mark.slow
@pytest.mark.parametrize("multi_label", [False, True])
def test_weights_without_labels_teach_nothing_about_classes(multi_label):
    model = supervised(multi_label=multi_label)
    before = model.label_head.get_weights()
    history = model.fit(X, sample_weight=np.ones(N), epochs=3, verbose=0).history
    for mine, old in zip(model.label_head.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, old)
    assert history["loss"][-1] == pytest.approx(
        supervised(multi_label=multi_label).fit(X, epochs=3, verbose=0).history["loss"][-1],
        rel=1e-5,
    )


BAD_LABELS = {
    "too large": np.full(N, 3),
    "too small": np.full(N, -2),
    "nan": np.full(N, np.nan),
    "fraction": np.full(N, 0.7),
    "one-hot": np.eye(3)[np.zeros(N, int)],
    "text": np.full(N, "cat"),
}


@pytest.mark.parametrize("y", BAD_LABELS.values(), ids=BAD_LABELS)
def test_invalid_labels_are_refused(y):
    model = supervised()
    for use in (
        lambda: model.fit(X, y, verbose=0),
        lambda: model.evaluate(X, y, verbose=0),
        lambda: model.train_on_batch(X, y),
        lambda: model.fit(X, np.zeros(N), validation_data=(X, y), verbose=0),
    ):
        with pytest.raises(SettingError, match="`y` must be"):
            use()


@pytest.mark.slow
def test_invalid_labels_of_a_dataset_stop_training():
    data = tf.data.Dataset.from_tensor_slices((X, np.full(N, 3))).batch(16)
    with pytest.raises(tf.errors.InvalidArgumentError, match="`y` must hold whole numbers from 0"):
        supervised().fit(data, shuffle=False, verbose=0)


@pytest.mark.slow
def test_labels_that_are_not_there_are_not_reported():
    model = supervised()
    names = {"loss", "kl", "reconstruction"}
    history = model.fit(X, validation_data=X, verbose=0).history
    assert set(history) == names | {f"val_{name}" for name in names}
    with_labels = model.fit(X, np.arange(N) % 3, verbose=0).history
    assert set(with_labels) == names | {"label_loss", "label_accuracy"}


# Targets.


@pytest.mark.slow
def test_a_y_in_the_shape_of_x_is_the_target():
    noisy = X + RNG.normal(0, 0.5, X.shape).astype("float32")  # Outside of the support.
    losses = []
    for data in (
        {"x": noisy, "y": X},
        {"x": tf.data.Dataset.from_tensor_slices((noisy, X)).batch(16)},
        {"x": tf.data.Dataset.from_tensor_slices(((noisy, X), np.zeros(N))).batch(16)},
        {"x": (noisy, X), "y": np.zeros(N)},
    ):
        options = {} if isinstance(data["x"], tf.data.Dataset) else {"batch_size": 16}
        history = plain().fit(**data, **options, epochs=2, shuffle=False, verbose=0).history
        losses.append(history["loss"][-1])
    np.testing.assert_allclose(losses, losses[0], rtol=1e-6)
    assert losses[0] != pytest.approx(plain().fit(X, verbose=0).history["loss"][-1], rel=1e-4)
    with pytest.raises(SettingError, match="`target` must be an array of numbers between 0 and 1"):
        plain().fit(X, noisy, verbose=0)


@pytest.mark.slow
def test_pairs_work_in_every_method():
    model, pair = plain(), (X, X)
    model.fit(pair, np.zeros(N), validation_split=0.25, verbose=0)
    model.fit(pair, np.zeros(N), validation_data=(pair, np.zeros(N)), verbose=0)
    expected = model.evaluate(X, verbose=0)
    assert model.evaluate(pair, np.zeros(N), verbose=0)[0] == pytest.approx(expected[0], rel=0.05)
    np.testing.assert_allclose(
        model.predict(pair, verbose=0), model.predict(X, verbose=0), rtol=1e-5
    )


# Values of any size.


@pytest.mark.slow
def test_large_values_are_checked_once_they_are_standardized(tmp_path):
    series = 3e8 + 1e7 * RNG.normal(size=(N, *SHAPE))
    model = plain(likelihood="gaussian", standardization=kv.Standardization.of(series))
    model.fit(series, verbose=0)
    assert np.isfinite(model.encode(series).z_mean).all()
    assert np.isfinite(kv.evaluation.elbo_estimate(model, series)["elbo"]).all()
    with pytest.raises(SettingError, match="once standardized"):
        model.encode(series * 1e12)


@pytest.mark.slow
def test_a_small_spread_around_a_large_mean_is_kept():
    small = 0.005 * RNG.normal(size=(N, *SHAPE))
    series = 1e5 + small
    options = {"likelihood": "gaussian", "latent_dim": 2}
    model = plain(standardization=kv.Standardization.of(series), **options)
    other = plain(standardization=kv.Standardization.of(small), **options)
    found, expected = (m.encode(x).z_mean for m, x in ((model, series), (other, small)))
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert model.fit(series, shuffle=False, verbose=0).history["loss"] == pytest.approx(
        other.fit(small, shuffle=False, verbose=0).history["loss"], rel=1e-4
    )
    copies = model.reconstruct(series)
    assert copies.dtype == "float64"
    np.testing.assert_allclose(copies - 1e5, other.reconstruct(small), atol=1e-4)


# What people do with a Keras model.


@pytest.mark.slow
def test_a_frozen_inner_layer_stays_frozen_in_a_file(tmp_path):
    model = plain("gru")
    model.encoder.recurrent_layers[0].trainable = False
    model.compile()
    model.fit(X, verbose=0)
    model.save(tmp_path / "model.keras")
    copy = keras.saving.load_model(tmp_path / "model.keras")
    assert len(copy.trainable_weights) == len(model.trainable_weights)
    kernel = copy.encoder.recurrent_layers[0].cell.kernel.numpy()
    copy.fit(X, verbose=0)
    np.testing.assert_array_equal(copy.encoder.recurrent_layers[0].cell.kernel, kernel)


class Examples(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, number):
        return X[16 * number : 16 * (number + 1)], np.zeros(16)


def test_batches_are_encoded_as_arrays_are():
    model = plain("gru")
    expected = model.encode(X)
    dataset = tf.data.Dataset.from_tensor_slices(X).batch(10)
    for batches in (
        dataset,
        dataset.map(lambda x: (x, x)),
        Examples(),
        (x for x in [X[:8], X[8:]]),
    ):
        for mine, theirs in zip(model.encode(batches), expected, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.reconstruct(dataset), model.reconstruct(X), rtol=1e-5)
    with pytest.raises(SettingError, match="one batch or more"):
        model.encode(iter([]))


def test_predict_of_a_part_names_the_method_of_the_model():
    model = plain()
    with pytest.raises(SettingError, match=r"vae\.encode\(x\)"):
        model.encoder.predict(X)
    with pytest.raises(SettingError, match=r"vae\.decode\(z\)"):
        model.decoder.predict(np.zeros((2, 2)))


@pytest.mark.parametrize("prior", ["normal", "mixture"])
def test_the_summary_has_shapes(prior, capsys):
    plain("lstm", prior=prior).summary()
    assert " ? " not in capsys.readouterr().out


@pytest.mark.slow
def test_quantized_layers_give_nearly_the_same_codes():
    model = plain(hidden_units=64)
    model.fit(X, verbose=0)
    before = model.encode(X).z_mean
    with pytest.warns(UserWarning, match="does not have a `quantize` method"):
        model.quantize("int8")
    error = np.abs(model.encode(X).z_mean - before).max()
    assert 0 < error < 0.1


@pytest.mark.slow
def test_a_batch_of_the_wrong_shape_does_not_spoil_the_model():
    model = plain("gru")
    wrong = tf.data.Dataset.from_tensor_slices(X[..., :2]).batch(16)
    with pytest.raises(ValueError, match="of shape"):
        model.fit(wrong, shuffle=False, verbose=0)
    model.fit(X, verbose=0)
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match="shape"):
        model.fit(wrong, shuffle=False, verbose=0)
    assert np.isfinite(model.fit(X, verbose=0).history["loss"]).all()


# Schedules, codes, parts.


def test_a_cycle_begins_at_zero_if_its_length_is_fractional():
    schedule = kv.schedules.Cyclical(20_000, cycles=6)
    assert float(schedule(10_000)) == 0.0
    assert float(schedule(9_999)) == 1.0
    # Half of a cycle of 3,333.33 steps goes up.
    assert float(schedule(10_833)) == pytest.approx(833 / (10_000 / 6), rel=1e-4)


@pytest.mark.parametrize("columns", [None, 2])
def test_hash_codes_are_of_the_dimensions_that_labels_see(columns):
    model = supervised(private_dim=1, latent_dim=3, binarizer=kv.MedianBinarizer())
    codes = model.encode(X).z_mean
    model.binarizer.adapt(codes[:, :columns])
    bits = (codes[:, :2] > np.median(codes[:, :2], axis=0)).astype("uint8")
    np.testing.assert_array_equal(kv.hash_codes(model, X), np.packbits(bits, axis=1))


def test_whole_numbers_are_read_by_the_layers_as_by_those_of_keras():
    x = np.arange(24).reshape(2, 4, 3)
    for name in ("LSTM", "GRU"):
        keras.utils.set_random_seed(0)
        ours = getattr(kv.layers, name)(5)
        keras.utils.set_random_seed(0)
        theirs = getattr(keras.layers, name)(5)
        np.testing.assert_allclose(ours(x), theirs(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("family", ["encoders", "decoders", "likelihoods", "priors", "objectives"])
def test_each_family_takes_a_name_a_config_and_an_instance(family):
    get = importlib.import_module(f"keras_vrae.{family}").get
    name, options = {
        "encoders": ("gru", {"latent_dim": 2, "hidden_units": 4}),
        "decoders": ("dense", {"event_shape": (3,), "hidden_units": 4}),
        "likelihoods": ("gaussian", {"scale": 0.5}),
        "priors": ("mixture", {"num_components": 3}),
        "objectives": ("iwae", {"num_samples": 7}),
    }[family]
    made = get(name, **options)
    assert get(made) is made
    copy = get(keras.saving.serialize_keras_object(made))
    assert type(copy) is type(made)
    assert {**copy.get_config(), "name": 0} == {**made.get_config(), "name": 0}
    with pytest.raises(SettingError, match="must be one of"):
        get("nothing")
    with pytest.raises(SettingError, match="must be one of"):
        get(3)
    with pytest.raises(SettingError, match="must be left out"):
        get(made, **options)


def test_build_takes_parts_that_are_made_already():
    model = kv.build(kv.LSTMEncoder(3, 4), SHAPE, decoder=kv.DenseDecoder(SHAPE, 4))
    assert model.encode(X).z_mean.shape == (N, 3)
    with pytest.raises(SettingError, match="`latent_dim` must be left out"):
        kv.build(kv.LSTMEncoder(3, 4), SHAPE, latent_dim=3)
    with pytest.raises(SettingError, match="`input_shape` must be"):
        kv.build("dense", (5,), decoder=kv.DenseDecoder(SHAPE, 4))
