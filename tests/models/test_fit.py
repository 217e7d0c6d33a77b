"""Every way in which Keras users train, evaluate and predict."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_vrae as kv
from keras_vrae.validation import SettingError

N, EVENT_SHAPE = 48, (4, 3)


@pytest.fixture
def x():
    return np.random.default_rng(0).random((N, *EVENT_SHAPE)).astype("float32")


def make_model(encoder="dense", **compile_options):
    keras.utils.set_random_seed(0)
    model = kv.build(encoder, EVENT_SHAPE, latent_dim=2, hidden_units=8, seed=0)
    model.compile(keras.optimizers.Adam(0.01), **compile_options)
    return model


def final_loss(*args, compile_options=None, **kwargs):
    kwargs = {"batch_size": 16, "shuffle": False, "epochs": 2, "verbose": 0, **kwargs}
    if isinstance(args[0], tf.data.Dataset):
        del kwargs["batch_size"]
    return make_model(**(compile_options or {})).fit(*args, **kwargs).history["loss"][-1]


@pytest.fixture(scope="module")
def plain_loss():
    """The loss of the arrays of the fixture `x`, as it is compiled without options."""
    return final_loss(np.random.default_rng(0).random((N, *EVENT_SHAPE)).astype("float32"))


@pytest.mark.slow
def test_arrays_labels_and_datasets_train_alike(x, plain_loss):
    expected = plain_loss
    y = np.arange(N)
    dataset = tf.data.Dataset.from_tensor_slices
    assert final_loss(x, y) == expected
    assert final_loss(dataset((x, y)).batch(16)) == expected
    model = make_model()
    history = model.fit(x, y, 16, 2, 0, shuffle=False).history  # As Keras orders its arguments.
    assert history["loss"][-1] == expected
    assert np.isfinite(model.evaluate(x, y, 16, 0, np.ones(N))).all()


@pytest.mark.slow
def test_every_form_of_examples_trains_alike(x):
    def eager_loss(data):
        """Nothing is compiled, which would take most of the time."""
        return final_loss(data, compile_options={"run_eagerly": True})

    expected = eager_loss(x)
    dataset = tf.data.Dataset.from_tensor_slices
    assert eager_loss(dataset(x).batch(16)) == expected
    assert eager_loss(dataset((x,)).batch(16)) == expected
    assert eager_loss(tf.constant(x)) == expected
    assert eager_loss(list(x)) == expected
    assert eager_loss(x.astype("float64")) == pytest.approx(expected, rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("steps", [2, 3, 4])
def test_steps_per_execution_make_no_difference(x, plain_loss, steps):
    options = {"steps_per_execution": steps}
    assert final_loss(x, compile_options=options) == pytest.approx(plain_loss, rel=1e-5)


def test_run_eagerly(x, plain_loss):
    options = {"run_eagerly": True}
    assert final_loss(x, compile_options=options) == pytest.approx(plain_loss, rel=1e-5)


@pytest.mark.slow
def test_validation_in_every_form(x):
    y = np.arange(N)
    dataset = tf.data.Dataset.from_tensor_slices(x).batch(16)
    for data in (x, (x,), (x, y), (x, y, np.ones(N)), (x, None, np.ones(N)), dataset):
        model = make_model(run_eagerly=data is not dataset)
        history = model.fit(x, validation_data=data, verbose=0).history
        assert set(history) == {
            n + m for n in ("", "val_") for m in ("loss", "reconstruction", "kl")
        }
    history = make_model().fit(x, validation_split=0.25, verbose=0).history
    assert "val_loss" in history


@pytest.mark.slow
def test_reported_loss_is_that_of_the_terms(x):
    model = make_model()
    for logs in (model.fit(x, verbose=0).history, model.evaluate(x, verbose=0, return_dict=True)):
        loss, reconstruction, kl = (np.ravel(logs[k])[-1] for k in ("loss", "reconstruction", "kl"))
        assert loss > 0
        assert loss == pytest.approx(reconstruction + kl, rel=1e-6)


@pytest.mark.slow
def test_evaluation_reports_the_bound_whatever_the_objective(x):
    model = kv.build("dense", EVENT_SHAPE, hidden_units=8, objective=kv.ELBO(beta=0.0))
    model.compile()
    trained = model.fit(x, verbose=0).history
    assert trained["loss"][-1] == pytest.approx(trained["reconstruction"][-1], rel=1e-6)
    logs = model.evaluate(x, verbose=0, return_dict=True)
    assert logs["kl"] > 0
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + logs["kl"], rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("with_labels", [False, True])
def test_sample_weight_is_honoured(x, with_labels):
    weights = np.r_[np.ones(N // 2), np.zeros(N // 2)].astype("float32")
    noisy = x.copy()
    noisy[N // 2 :] = 1 - noisy[N // 2 :]
    y = {"y": np.zeros(N)} if with_labels else {}
    for method in ("train_on_batch", "test_on_batch"):
        results = [
            getattr(make_model(run_eagerly=True), method)(data, sample_weight=weights, **y)
            for data in (x, noisy)
        ]
        np.testing.assert_allclose(results[0], results[1], rtol=1e-6)
        plain = getattr(make_model(run_eagerly=True), method)(x, **y)
        assert abs(plain[0] - results[0][0]) > 1e-3
    fits = [final_loss(data, sample_weight=weights, **y) for data in (x, noisy)]
    assert fits[0] == pytest.approx(fits[1], rel=1e-6)
    assert fits[0] == pytest.approx(final_loss(x, sample_weight=weights, y=np.zeros(N)), rel=1e-6)
    values = [make_model().evaluate(d, sample_weight=weights, verbose=0, **y) for d in (x, noisy)]
    np.testing.assert_allclose(values[0], values[1], rtol=1e-6)


def test_penalties_of_layers_are_part_of_the_loss(x):
    encoder = kv.DenseEncoder(2, hidden_units=8)
    encoder.z_mean_head.kernel_regularizer = keras.regularizers.L2(1.0)
    model = kv.VAE(encoder, kv.DenseDecoder(EVENT_SHAPE, hidden_units=8))
    model.compile()
    loss, reconstruction, kl = model.train_on_batch(x)
    penalty = loss - reconstruction - kl
    assert penalty > 0.01
    # A penalty is on the weights, so that those of the examples do not touch it.
    kernel = encoder.z_mean_head.kernel
    model.optimizer.learning_rate = 0.0
    model.reset_metrics()  # Keras 3.8 adds to them.
    loss, reconstruction, kl = model.train_on_batch(x, sample_weight=np.full(N, 3.0))
    assert loss - reconstruction - kl == pytest.approx(float(np.sum(np.square(kernel))), rel=1e-3)


@pytest.mark.parametrize("argument", ["loss", "loss_weights", "metrics", "weighted_metrics"])
def test_compile_refuses_what_compares_with_labels(argument):
    model = kv.build("dense", EVENT_SHAPE, hidden_units=8)
    with pytest.raises(SettingError, match=f"`{argument}` must be left out of compile"):
        model.compile("adam", **{argument: ["mse"]})


@pytest.mark.slow
def test_callbacks_see_the_figures(x, tmp_path):
    path = tmp_path / "best.keras"
    model = make_model()
    model.fit(
        x,
        validation_split=0.25,
        epochs=3,
        verbose=0,
        callbacks=[
            keras.callbacks.EarlyStopping("val_loss", patience=1),
            keras.callbacks.ModelCheckpoint(
                path, monitor="val_kl", mode="max", save_best_only=True
            ),
            keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        ],
    )
    assert keras.saving.load_model(path).encode(x).z_mean.shape == (N, 2)


# Each encoder with each policy trains in test_finite.py.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("policy", "encoder"),
    [("mixed_bfloat16", "dense"), ("mixed_float16", "lstm"), ("mixed_bfloat16", "gru")],
)
def test_mixed_precision(x, policy, encoder, tmp_path):
    keras.mixed_precision.set_global_policy(policy)
    try:
        model = make_model(encoder)
        history = model.fit(x, epochs=20, verbose=0).history
        assert history["loss"][-1] < history["loss"][0]
        assert model.encoder.compute_dtype == policy.removeprefix("mixed_")
        for array in (*model.encode(x), model.reconstruct(x), model.generate(2)):
            assert array.dtype == "float32"
        model.save(tmp_path / "m.keras")
        copy = keras.saving.load_model(tmp_path / "m.keras")
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert copy.encoder.compute_dtype == policy.removeprefix("mixed_")
    np.testing.assert_array_equal(copy.encode(x).z_mean, model.encode(x).z_mean)


@pytest.mark.slow
def test_same_seed_same_run_other_seed_another(x):
    runs = [final_loss(x, shuffle=True) for _ in range(2)]
    assert runs[0] == runs[1]
    keras.utils.set_random_seed(7)
    other = kv.build("dense", EVENT_SHAPE, hidden_units=8, seed=7)
    other.compile(keras.optimizers.Adam(0.01))
    assert other.fit(x, batch_size=16, epochs=2, verbose=0).history["loss"][-1] != runs[0]


BAD_ARRAYS = {
    "rank": (lambda x: x[0], "of shape"),
    "features": (lambda x: x[..., :2], "of shape"),
    "steps": (lambda x: x[:, :2], "of shape"),
    "empty": (lambda x: x[:0], "one example or more"),
    "above": (lambda x: x + 1.5, "between 0 and 1"),
    "below": (lambda x: x - 1.5, "between 0 and 1"),
    "text": (lambda x: x.astype(str), "an array of numbers"),
    "nan": (lambda x: np.where(x > 0.5, np.nan, x), "between 0 and 1"),
}


@pytest.mark.parametrize(("spoil", "message"), BAD_ARRAYS.values(), ids=BAD_ARRAYS.keys())
@pytest.mark.parametrize("encoder", ["dense", "lstm"])
def test_bad_arrays_are_refused_everywhere(x, spoil, message, encoder):
    model, bad = make_model(encoder), spoil(x)
    before = model.get_weights()
    uses = [model.fit, model.evaluate, model.predict, model.encode]
    uses += [model.train_on_batch, model.test_on_batch]
    uses += [model.reconstruct, lambda bad: model.fit(x, validation_data=(bad, None), verbose=0)]
    for use in uses:
        with pytest.raises(SettingError, match="`x` must be") as error:
            use(bad)
        assert message in str(error.value)
        assert "\n" not in str(error.value)
    for mine, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, old)


@pytest.mark.slow
def test_bad_batches_of_a_dataset_stop_training(x):
    bad = tf.data.Dataset.from_tensor_slices(x * 3).batch(16)
    with pytest.raises(tf.errors.InvalidArgumentError, match="numbers between 0 and 1"):
        make_model().fit(bad, shuffle=False, verbose=0)
    for spoil in (lambda x: x[..., :2], lambda x: x[:, :2]):
        wrong = tf.data.Dataset.from_tensor_slices(spoil(x)).batch(16)
        with pytest.raises(ValueError, match="of shape"):
            make_model("gru").fit(wrong, shuffle=False, verbose=0)


@pytest.mark.slow
def test_bad_batches_are_not_overlooked_under_xla(x):
    bad = tf.data.Dataset.from_tensor_slices(x * 3).batch(16)
    model = make_model(jit_compile=True)
    assert np.isnan(model.fit(bad, shuffle=False, verbose=0).history["loss"][-1])


@pytest.mark.slow
def test_class_weight_without_labels_is_refused(x):
    with pytest.raises(SettingError, match="`class_weight` must be left out"):
        make_model().fit(x, class_weight={0: 1.0}, verbose=0)
    make_model().fit(x, np.arange(N) % 2, class_weight={0: 1.0, 1: 2.0}, verbose=0)


@pytest.mark.slow
def test_frozen_parts_stay_frozen_in_a_file(x, tmp_path):
    model = make_model()
    model.encoder.trainable = False
    model.compile()
    model.fit(x, verbose=0)
    model.save(tmp_path / "model.keras")
    copy = keras.saving.load_model(tmp_path / "model.keras")
    assert len(copy.trainable_weights) == len(model.trainable_weights) == 6
    before = copy.encode(x).z_mean
    copy.fit(x, verbose=0)
    np.testing.assert_array_equal(copy.encode(x).z_mean, before)


def test_parts_may_have_one_name(x):
    model = kv.VAE(kv.DenseEncoder(2, 8, name="net"), kv.DenseDecoder(EVENT_SHAPE, 8, name="net"))
    model.encode(x)
    assert model.generate(5, draw=True).shape == (5, *EVENT_SHAPE)


@pytest.mark.parametrize("name", ["encoder", "decoder", "objective"])
def test_parts_of_the_wrong_kind_are_refused(name):
    parts = {"encoder": kv.DenseEncoder(2, 8), "decoder": kv.DenseDecoder(EVENT_SHAPE, 8)}
    with pytest.raises(SettingError, match=f"`{name}` must be .*Received: {name}='lstm'"):
        kv.VAE(**{**parts, name: "lstm"})


@pytest.mark.slow
def test_gaussian_refuses_only_non_finite_values(x):
    model = kv.build("dense", EVENT_SHAPE, hidden_units=8, likelihood="gaussian")
    model.compile()
    model.fit(100 * x - 50, verbose=0)
    with pytest.raises(SettingError, match="finite numbers"):
        model.fit(np.where(x > 0.5, np.inf, x), verbose=0)


def test_decode_and_generate_refuse_invalid_arguments():
    model = kv.build("dense", EVENT_SHAPE, hidden_units=8)
    for z in (np.zeros((3, 5)), np.zeros(2), np.zeros((0, 2))):
        with pytest.raises(SettingError, match="`z` must be of shape"):
            model.decode(z)
    with pytest.raises(SettingError, match="`num_samples`"):
        model.generate(0)
    with pytest.raises(SettingError, match="`batch_size`"):
        model.decode(np.zeros((3, 2)), batch_size=0)


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [1, 7, 48, 1000])
def test_batch_size_of_encoding_makes_no_difference(x, batch_size):
    model = make_model("gru")
    np.testing.assert_allclose(
        model.encode(x, batch_size).z_mean, model.encoder(x).z_mean, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"encoder": "lsmt"}, "encoder"),
        ({"likelihood": "poisson"}, "likelihood"),
        ({"decoder": "lsmt"}, "decoder"),
        ({"latent_dim": 0}, "latent_dim"),
        ({"hidden_units": 2.5}, "hidden_units"),
        ({"input_shape": ()}, "input_shape"),
        ({"input_shape": (5,)}, "input_shape"),
        ({"dropout": 1.0}, "dropout"),
    ],
)
def test_build_refuses_invalid_settings(settings, name):
    with pytest.raises(SettingError, match=f"`{name}` must be"):
        kv.build(**{"encoder": "lstm", "input_shape": EVENT_SHAPE, **settings})


@pytest.mark.slow
def test_colour_images_are_sequences_of_rows():
    model = kv.build("lstm", (6, 5, 3), hidden_units=8)
    model.compile()
    x = np.random.default_rng(0).random((4, 6, 5, 3))
    model.fit(x, verbose=0)
    assert model.encoder.recurrent_layers[0].cell.kernel.shape[0] == 15
    assert model.reconstruct(x).shape == x.shape
