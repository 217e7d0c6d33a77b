"""Behaviour that models share on every backend; `test_elsewhere.py` runs it on JAX and PyTorch."""

import cases
import keras
import numpy as np
import pytest

import keras_vrae as kv
from keras_vrae import backend, evaluation, plots
from keras_vrae.validation import SettingError

N = 22


@pytest.fixture
def x():
    return np.random.default_rng(0).random((N, *cases.EVENT_SHAPE)).astype("float32")


class WatchesBatches(keras.callbacks.Callback):
    """Keeps the losses of single batches; with it, steps come one by one."""

    def on_train_begin(self, logs=None):
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float(logs["loss"]))


def trained(x, callbacks=(), **options):
    keras.utils.set_random_seed(0)
    model = kv.build("dense", cases.EVENT_SHAPE, latent_dim=2, hidden_units=6, seed=0)
    model.compile("adam")
    history = model.fit(
        x, batch_size=4, epochs=2, verbose=0, callbacks=list(callbacks), shuffle=False, **options
    )
    return model, history.history


@pytest.mark.slow
def test_steps_in_groups_do_what_single_steps_do(x):
    model, history = trained(x)
    watcher = WatchesBatches()
    single, single_history = trained(x, [watcher])
    assert len(watcher.losses) == 12
    for name, values in history.items():
        np.testing.assert_allclose(values, single_history[name], rtol=1e-5)
    for ours, theirs in zip(model.get_weights(), single.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
    assert int(model.optimizer.iterations) == 12


def test_each_pass_has_an_order_of_its_own():
    x = np.arange(8.0).reshape(8, 1)
    orders = []
    batches = backend.Model.array_batches(x, None, None, batch_size=3, shuffle=True, endless=True)
    batches = iter(batches)
    for _ in range(2):
        parts = [next(batches) for _ in range(3)]
        rows = [np.ravel(part[0] if isinstance(part, tuple) else part) for part in parts]
        orders.append(np.concatenate(rows).tolist())
    assert [sorted(order) for order in orders] == [list(range(8))] * 2
    assert orders[0] != orders[1]


@pytest.mark.slow
def test_forms_of_data(x):
    model, _ = trained(x, validation_split=0.3, sample_weight=np.ones(N))
    y = np.arange(N)
    assert np.isfinite(model.evaluate(x, y, verbose=0)).all()
    model.fit(x, y, verbose=0, validation_data=(x, y), validation_batch_size=5)
    model.fit(list(x), verbose=0)
    stream = ((x[n : n + 4],) for n in range(0, 12, 4))
    model.fit(stream, steps_per_epoch=3, shuffle=False, verbose=0)
    generator = ((x[n : n + 4],) for n in range(0, 12, 4))
    assert model.encode(generator).z_mean.shape == (12, 2)
    assert np.isfinite(model.train_on_batch(x)).all()
    assert np.isfinite(model.test_on_batch(x)).all()
    assert model.predict(x, verbose=0).shape == x.shape


@pytest.mark.slow
def test_weights_count_examples(x):
    weights = np.arange(N) % 2 * 2.0
    one, two = (
        trained(x)[0].evaluate(part, sample_weight=weight, verbose=0, return_dict=True)
        for part, weight in ((x, weights), (x[1::2], None))
    )
    assert one["kl"] == pytest.approx(two["kl"], rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["array", "generator", "validation"])
def test_values_outside_of_the_support_stop_training(x, form):
    wrong = x.copy()
    wrong[-1, 0, 0] = 7.0
    model, _ = trained(x)
    before = model.get_weights()
    data = {
        "array": {"x": wrong},
        "generator": {"x": ((wrong,) for _ in range(4)), "steps_per_epoch": 2, "shuffle": False},
        "validation": {"x": x, "validation_data": ((wrong,) for _ in range(4))},
    }
    # In a graph TensorFlow's own error says the same.
    errors = SettingError if backend.name != "tensorflow" else Exception
    with pytest.raises(errors, match=r"must .* for the Bernoulli likelihood"):
        model.fit(**data[form], verbose=0)
    if form != "validation":
        for old, new in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(new, old)
    assert np.isfinite(model.evaluate(x, verbose=0)).all()


@pytest.mark.slow
def test_padded_parts_of_a_batch_change_nothing(x):
    model, _ = trained(x)
    whole = model.encode(x)
    for size in (1, 3, 5, 22):
        np.testing.assert_allclose(
            model.encode(x, batch_size=size).z_mean, whole.z_mean, rtol=1e-4, atol=1e-6
        )
        np.testing.assert_allclose(model.encode(x[:size]).z_mean, whole.z_mean[:size], atol=1e-6)


def test_noise_follows_the_seed_and_differs_from_step_to_step():
    options = {"decoder": "gru", "decoder_options": {"inputs": "own"}}
    model = kv.build("gru", (12, 3), hidden_units=4, **options)
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    state = keras.ops.convert_to_numpy(model.sampling.seed_generator.state)
    one = model.generate(5, seed=1, draw=True)
    np.testing.assert_array_equal(model.generate(5, seed=1, draw=True), one)
    assert np.any(model.generate(5, seed=2, draw=True) != one)
    assert len({step.tobytes() for step in one.swapaxes(0, 1)}) > 6  # All logits are 0.
    after = keras.ops.convert_to_numpy(model.sampling.seed_generator.state)
    np.testing.assert_array_equal(after, state)


@pytest.mark.slow
def test_a_saved_model_goes_on_as_it_would_have(x, tmp_path):
    model, _ = trained(x)
    model.save(tmp_path / "model.keras")
    copy = keras.saving.load_model(tmp_path / "model.keras")
    histories = [m.fit(x, shuffle=False, epochs=2, verbose=0).history for m in (model, copy)]
    for name, values in histories[0].items():
        np.testing.assert_allclose(histories[1][name], values, rtol=1e-6)


@pytest.mark.slow
def test_sequences_of_any_length_and_their_continuation():
    arrays = [np.random.default_rng(n).normal(size=(3 + n % 4, 2)) for n in range(9)]
    model = kv.build("lstm", (None, 2), hidden_units=4, decoder="gru", likelihood="gaussian")
    model.compile("adam")
    history = model.fit(arrays, epochs=2, batch_size=4, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert model.complete(arrays[:2], 8, num_samples=3, seed=0).shape == (2, 3, 8, 2)
    assert model.reconstruct(arrays).shape == (9, 6, 2)


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["dense", "gru"])
def test_mixed_precision(x, encoder):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = kv.build(encoder, cases.EVENT_SHAPE, hidden_units=6)
    finally:
        keras.config.set_dtype_policy(before)
    model.compile("adam")
    model.fit(x, verbose=0)
    assert model.trainable_variables[0].dtype == "float32"
    assert np.isfinite(model.encode(x).z_mean).all()


@pytest.mark.slow
def test_evaluation_and_plots(x):
    model, _ = trained(x)
    codes, y = model.encode(x), np.arange(N) % 2
    assert evaluation.importance_nll(model, x, num_samples=5, seed=0).nll.shape == (N,)
    assert evaluation.elbo_estimate(model, x, num_samples=5, seed=0)["elbo"].shape == (N,)
    assert 0 <= evaluation.knn_accuracy((codes.z_mean, y), (codes.z_mean, y)) <= 1
    assert evaluation.active_units(codes.z_mean) in (0, 1, 2)
    plots.plane(evaluation.manifold.decode_grid(model, 3))
    plots.samples(model.generate(4, seed=0, draw=True))
    plots.reconstructions(x[:4], model.reconstruct(x[:4]))


def test_documents_as_dense_counts():
    counts = np.random.default_rng(0).integers(0, 3, (12, 9)).astype("float32")
    model = kv.VAE(
        kv.BagEncoder(2, 5, word_dropout=0.5), kv.DenseDecoder((9,), 5), "multinomial", seed=0
    )
    model.encoder.adapt(counts)
    model.compile("adam")
    assert np.isfinite(model.fit(counts, epochs=2, verbose=0).history["loss"]).all()
