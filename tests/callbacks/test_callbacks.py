"""What the callbacks record, say and draw while a model trains."""

import csv
import math
import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from matplotlib.figure import Figure
from scipy import sparse

import keras_vrae as kv
from keras_vrae import plots
from keras_vrae.callbacks import (
    CollapseWarning,
    LatentMetrics,
    LatentPlots,
    PosteriorCollapseWarning,
)
from keras_vrae.evaluation.latent import active_units, kl_per_dimension, mutual_information
from keras_vrae.evaluation.manifold import decode_grid
from keras_vrae.validation import SettingError

N, EVENT_SHAPE = 48, (4, 3)
METRICS = ["latent_active_units", "latent_kl_0", "latent_kl_1", "latent_mutual_information"]
CALLBACKS = {
    "metrics": lambda x, folder, **options: LatentMetrics(x, **options),
    "collapse": lambda x, folder, **options: CollapseWarning(x, **options),
    "plots": lambda x, folder, **options: LatentPlots(x, np.zeros(len(x)), folder, **options),
}
each_callback = pytest.mark.parametrize("make", CALLBACKS.values(), ids=CALLBACKS.keys())


X = np.random.default_rng(0).random((N, *EVENT_SHAPE)).astype("float32")


@pytest.fixture
def x():
    return X.copy()


@pytest.fixture(scope="module")
def digits():
    return kv.datasets.load("digits")


@pytest.fixture
def quick_plots(monkeypatch):
    """Draws next to nothing, if a test is not about the plots."""
    for name in ("embedding", "plane"):
        monkeypatch.setattr(plots, name, lambda *args: Figure(figsize=(1, 1), dpi=20))


def make_model(latent_dim=2, compile_options=None, **options):
    keras.utils.set_random_seed(0)
    model = kv.build("dense", EVENT_SHAPE, latent_dim=latent_dim, hidden_units=8, seed=0, **options)
    # A few small steps are done before a graph of one is made.
    compile_options = compile_options or {"run_eagerly": True}
    model.compile(keras.optimizers.Adam(0.01), **compile_options)
    return model


def fit(model, x, *callbacks, epochs=3, **options):
    options = {"batch_size": N, "verbose": 0, **options}
    return model.fit(x, epochs=epochs, callbacks=list(callbacks), **options).history


def numbers(names, folder):
    """The epochs of the plots of one name."""
    return [int(path.stem.split("-")[1]) for path in sorted(folder.glob(f"{names}-*.png"))]


def show(watch, model, scales, steps_in_epoch=3):
    """Shows a callback epochs in which the codes of each dimension are so far apart."""
    watch.set_model(model)
    watch.set_params({"epochs": len(scales), "verbose": 2})
    model.stop_training = False
    watch.on_train_begin()
    kernel = np.random.default_rng(0).normal(size=model.encoder.z_mean_head.kernel.shape)
    for epoch, scale in enumerate(scales):
        model.encoder.z_mean_head.kernel.assign(kernel * np.broadcast_to(scale, kernel.shape[-1:]))
        model.optimizer.iterations.assign((epoch + 1) * steps_in_epoch)
        watch.on_epoch_end(epoch, {})


def said(capsys, *scales, latent_dim=2, grace_steps=0, objective=None, **options):
    """What `CollapseWarning` says of such epochs: the warnings, and the lines that it prints."""
    watch = CollapseWarning(X, grace_steps=grace_steps, **options)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        show(watch, make_model(latent_dim, objective=objective), scales)
    assert all(warning.category is PosteriorCollapseWarning for warning in caught)
    lines = [line for line in capsys.readouterr().out.splitlines() if "dimensions" in line]
    return [str(warning.message) for warning in caught], lines


# The metrics in the logs.


def test_the_metrics_are_those_of_the_functions(x):
    model, metrics = make_model(), LatentMetrics(x)
    history = fit(model, x, metrics)
    posterior = model.encode(x)
    assert sorted(set(history) - {"kl", "loss", "reconstruction"}) == METRICS
    assert history["latent_active_units"][-1] == active_units(posterior.z_mean)
    assert history["latent_mutual_information"][-1] == mutual_information(*posterior)
    kl = [history[f"latent_kl_{index}"][-1] for index in range(2)]
    np.testing.assert_array_equal(kl, kl_per_dimension(*posterior))
    assert metrics.records[-1] == {"epoch": 3, **{name: history[name][-1] for name in METRICS}}


@pytest.mark.slow
def test_an_epoch_between_two_looks_repeats_the_last_metrics(x, tmp_path):
    metrics, log = LatentMetrics(x, every=3), keras.callbacks.CSVLogger(tmp_path / "log.csv")
    history = fit(make_model(), x, metrics, log, epochs=7, validation_data=x)
    assert [record["epoch"] for record in metrics.records] == [1, 3, 6, 7]
    looks = [record["latent_kl_0"] for record in metrics.records]
    assert len(set(looks)) == 4
    assert history["latent_kl_0"] == [looks[index] for index in (0, 0, 1, 1, 1, 2, 3)]
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["latent_kl_0"]) for row in rows] == history["latent_kl_0"]


def test_later_callbacks_see_the_metrics_and_may_stop_training(x):
    stop = keras.callbacks.EarlyStopping("latent_active_units", mode="min", patience=1)
    metrics, after = LatentMetrics(x, per_dimension=False), LatentMetrics(x, every=100)
    history = fit(make_model(), x, metrics, stop, after, epochs=9)
    assert len(history["loss"]) < 9
    assert not {"latent_kl_0", "latent_kl_1"} & set(metrics._latest)
    assert "latent_kl_1" in metrics.records[0]
    # That training stops here was known to the callback after the one that stops it.
    assert [record["epoch"] for record in after.records] == [1, len(history["loss"])]


def test_training_that_goes_on_begins_with_a_look(x):
    model, metrics = make_model(), LatentMetrics(x, every=10)
    fit(model, x, metrics, epochs=2)
    fit(model, x, metrics, epochs=4, initial_epoch=2)
    assert [record["epoch"] for record in metrics.records] == [1, 2, 3, 4]


def test_a_model_that_has_diverged_has_no_metrics(x, tmp_path):
    model, metrics = make_model(), LatentMetrics(x)
    weights = [np.full(weight.shape, np.nan) for weight in model.get_weights()]
    model.set_weights(weights)
    watch = CollapseWarning(x, grace_steps=0, patience=1)
    history = fit(model, x, metrics, watch, LatentPlots(x, np.zeros(N), tmp_path))
    assert all(math.isnan(history[name][-1]) for name in METRICS)
    assert not list(tmp_path.iterdir())


# What they leave alone, and what they ask for.


@pytest.mark.slow
def test_training_is_the_same_with_and_without(x, tmp_path, quick_plots):
    runs = []
    for makes in ([], CALLBACKS.values()):
        model = make_model()
        fit(model, x, *[make(x, tmp_path) for make in makes])
        runs.append(model.get_weights())
    for mine, other in zip(*runs, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_an_epoch_without_a_look_encodes_nothing(x, tmp_path, quick_plots, monkeypatch):
    model, calls = make_model(), []
    encode = model.encode
    monkeypatch.setattr(model, "encode", lambda *args: calls.append(args) or encode(*args))
    callbacks = [make(x, tmp_path, every=4, batch_size=5) for make in CALLBACKS.values()]
    fit(model, x, *callbacks, epochs=6)
    # After epochs 1, 4 and 6.
    assert [batch_size for _, batch_size in calls] == [5] * 3 * len(callbacks)


@pytest.mark.slow
def test_datasets_and_steps_per_execution(x, tmp_path, quick_plots):
    model = make_model(compile_options={"steps_per_execution": 2})
    batches = tf.data.Dataset.from_tensor_slices(x).batch(16)
    callbacks = [make(x, tmp_path) for make in CALLBACKS.values()]
    options = {"batch_size": None, "shuffle": False, "validation_data": batches}
    history = fit(model, batches, *callbacks, **options)
    assert set(METRICS) < set(history)
    assert {len(values) for values in history.values()} == {3}


@each_callback
def test_examples_and_models_that_do_not_fit_are_refused(x, tmp_path, make):
    log = tmp_path / "log.csv"
    log.write_text("of an earlier run")
    for wrong, message in ((x[..., :2], "of shape"), (x[:0], "one example"), (x + 2, "between")):
        # The examples are refused before other callbacks begin.
        with pytest.raises(SettingError, match=f"`x` must be .*{message}"):
            fit(make_model(), x, keras.callbacks.CSVLogger(log), make(wrong, tmp_path))
        assert log.read_text() == "of an earlier run"
    with pytest.raises(SettingError, match=r"`model` must be a keras_vrae\.VAE"):
        make(x, tmp_path).set_model(keras.Sequential())
    with pytest.raises(SettingError, match="`every` must be a whole number of at least 1"):
        make(x, tmp_path, every=0)
    with pytest.raises(SettingError, match="`batch_size`"):
        make(x, tmp_path, batch_size=0)


def test_a_dataset_is_refused_as_an_array_of_examples(x):
    with pytest.raises(SettingError, match="`x` must be an array of examples"):
        LatentMetrics(tf.data.Dataset.from_tensor_slices(x))


@pytest.mark.slow
def test_other_forms_of_examples(tmp_path):
    padded = kv.sequences.pad([np.ones((n, 2), "float32") for n in (2, 5, 4)])
    model = kv.build("gru", (None, 2), hidden_units=4, decoder="gru", likelihood="gaussian")
    model.compile()
    metrics = LatentMetrics(padded)
    fit(model, padded, metrics, CollapseWarning(padded), epochs=1)
    assert metrics.records[0]["epoch"] == 1
    rows = sparse.csr_matrix(np.eye(6, 12, dtype="float32"))
    model = kv.build_text("dense", [f"word{n}" for n in range(12)], hidden_units=4)
    model.compile()
    metrics = LatentMetrics(rows)
    fit(model, rows, metrics, epochs=1)
    assert metrics.records[0]["epoch"] == 1


# Collapse.


@pytest.mark.slow
def test_a_real_collapse_is_said_once(digits):
    model = kv.build("gru", (8, 8), hidden_units=16, seed=0, objective=kv.ELBO(beta=50.0))
    model.compile(keras.optimizers.Adam(0.003))
    watch = CollapseWarning(digits.validation.x)
    with pytest.warns(PosteriorCollapseWarning) as caught:
        fit(model, digits.train.x, watch, epochs=8, batch_size=32)
    assert watch.state == "collapsed"
    [warning] = caught
    text = str(warning.message)
    assert " by epoch 5: 0 of 2 latent dimensions are active, and KL is 0.0" in text
    for remedy in ("LinearWarmup(", "free_bits", "Cyclical(", "decoder", "learning rate"):
        assert remedy in text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("encoder", "beta"), [("gru", 1.0), ("dense", kv.schedules.LinearWarmup(steps=200))]
)
def test_nothing_is_said_of_a_healthy_run(digits, encoder, beta, capsys):
    model = kv.build(encoder, (8, 8), hidden_units=32, seed=0, objective=kv.ELBO(beta=beta))
    model.compile(keras.optimizers.Adam(0.003))
    watch, metrics = CollapseWarning(digits.validation.x), LatentMetrics(digits.validation.x)
    fit(model, digits.train.x, watch, metrics, epochs=8, batch_size=32, verbose=2)
    assert watch.state == "healthy"
    assert "dimensions" not in capsys.readouterr().out
    assert metrics.records[-1]["latent_active_units"] == 2


def test_the_settings_at_fault_come_first():
    for options, remedy in (
        ({"objective": kv.ELBO(beta=50.0)}, "Try a beta below the present 50; "),
        (
            {"likelihood": kv.Gaussian(scale=10.0)},
            r"Try Gaussian\(scale='learned'\) instead of 10; ",
        ),
        ({"objective": kv.IWAE()}, "Try a KL warm-up, "),
    ):
        with pytest.warns(PosteriorCollapseWarning, match=remedy):
            show(CollapseWarning(X, grace_steps=0), make_model(**options), [0, 0, 0])


def test_a_collapse_is_said_when_it_begins_and_its_end_too(capsys):
    collapses, lines = said(capsys, 3, 3, 0, 0, 0, 0, 3, 3, 3, 0, 0, 0)
    assert [text.split(":")[0] for text in collapses] == [
        "The posterior has collapsed by epoch 4",
        "The posterior has collapsed by epoch 11",
    ]
    [line] = lines
    assert line.startswith("Epoch 8: 2 of 2 latent dimensions are active, and KL is ")


def test_patience_is_with_looks_in_a_row(capsys):
    assert said(capsys, 3, 0, 3, 0, 3, 0) == ([], [])
    [text], _ = said(capsys, 3, 0, 0, 0, 0, 0, patience=4)
    assert " by epoch 5: " in text
    [text], _ = said(capsys, 3, 0, 0, 0, 0, 0, patience=2, every=3)
    assert " by epoch 6: " in text


def test_few_active_dimensions_are_only_information(capsys):
    collapses, [line] = said(
        capsys, [3, 3, 0, 0, 0], [3, 3, 0, 0, 0], [3, 0, 0, 0, 0], latent_dim=5
    )
    assert not collapses
    assert line.startswith("Epoch 2: 2 of 5 latent dimensions are active")
    # Half of them is not few.
    assert said(capsys, [3, 0], [3, 0], [3, 0]) == ([], [])


def test_an_encoder_that_still_learns_has_not_collapsed(capsys):
    assert said(capsys, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06) == ([], [])
    [text], _ = said(capsys, 0.01, 0.02, 0.03, 0.03, 0.03, 0.03)
    assert " by epoch 5: " in text


def test_the_first_steps_are_not_judged(capsys):
    steps_in_epoch = N // 16
    assert said(capsys, 0, 0, 0, 0, grace_steps=200) == ([], [])
    [text], _ = said(capsys, 0, 0, 0, 0, 0, grace_steps=4 * steps_in_epoch)
    assert " by epoch 4: " in text


def test_codes_that_differ_by_rounding_alone_do_not_grow():
    watch, model = CollapseWarning(X, grace_steps=0), make_model()
    model.encoder.z_mean_head.bias.assign([0.7, -0.3])
    with pytest.warns(PosteriorCollapseWarning, match=" by epoch 3: "):
        show(watch, model, [0, 1e-8, 2e-8])


def test_a_capacity_near_zero_is_not_a_collapse(capsys):
    capacity = kv.schedules.LinearWarmup(steps=90, end=10.0)
    assert said(capsys, 0, 0, 0, objective=kv.ELBO(beta=10.0, capacity=0.0)) == ([], [])
    # It is 1 nat in epoch 3.
    [text], _ = said(capsys, *[0] * 6, objective=kv.ELBO(beta=10.0, capacity=capacity))
    assert " by epoch 5: " in text


def test_a_loop_over_fit_is_one_training_and_another_model_another():
    model, watch = make_model(), CollapseWarning(X, grace_steps=0)
    for _ in range(2):
        show(watch, model, [0])
    with pytest.warns(PosteriorCollapseWarning):
        show(watch, model, [0])
    show(watch, model, [0])
    show(watch, make_model(), [0])
    assert watch.state == "healthy"


def test_the_warning_can_be_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter("error", PosteriorCollapseWarning)
        with pytest.raises(PosteriorCollapseWarning):
            show(CollapseWarning(X, grace_steps=0), make_model(), [0, 0, 0])


def test_information_is_printed_unless_fit_is_silent(x, capsys):
    scales = np.array([3.0, 0.0, 0.0])
    for verbose in (0, 2):
        model = make_model(latent_dim=3)
        model.optimizer.learning_rate = 0.0
        head = model.encoder.z_mean_head
        head.kernel.assign(head.kernel * scales)
        fit(model, x, CollapseWarning(x, grace_steps=0), epochs=2, verbose=verbose)
        assert ("\nEpoch 2: 1 of 3 latent" in capsys.readouterr().out) == bool(verbose)


@pytest.mark.parametrize("name", ["patience", "threshold", "grace_steps"])
def test_settings_of_the_warning_are_checked(x, name):
    with pytest.raises(SettingError, match=f"`{name}` must be"):
        CollapseWarning(x, **{name: -1})


# Plots.


def test_plots_are_drawn_after_their_epochs_and_whole(x, tmp_path, quick_plots):
    callback = LatentPlots(x, np.arange(N) % 3, tmp_path / "new" / "folder", every=2)
    fit(make_model(), x, callback, epochs=5)
    for name in ("embedding", "manifold"):
        assert numbers(name, callback.directory) == [1, 2, 4, 5]
    assert len(list(callback.directory.iterdir())) == 8
    for path in callback.directory.iterdir():
        assert path.read_bytes().endswith(b"IEND\xaeB`\x82")


def test_what_is_drawn(x, tmp_path, monkeypatch):
    drawn = {}
    for name in ("embedding", "plane"):
        original = getattr(plots, name)

        def draw(*args, name=name, original=original):
            drawn[name] = args
            return original(*args)

        monkeypatch.setattr(plots, name, draw)
    model = make_model()
    fit(model, x, LatentPlots(x, np.where(np.arange(N) % 2, "odd", "even"), tmp_path), epochs=1)
    codes, labels, names, title = drawn["embedding"]
    np.testing.assert_array_equal(codes, model.encode(x).z_mean)
    np.testing.assert_array_equal(labels, np.arange(N) % 2)
    assert names == ["even", "odd"]
    assert "epoch 1" in title
    np.testing.assert_array_equal(drawn["plane"][0], decode_grid(model, 16))


def test_only_planes_of_images_have_a_manifold(x, tmp_path, quick_plots):
    fit(make_model(latent_dim=3), x, LatentPlots(x, np.zeros(N), tmp_path), epochs=1)
    rows = kv.build("dense", (12,), hidden_units=8)
    rows.compile(run_eagerly=True)
    flat = x.reshape(N, 12)
    fit(rows, flat, LatentPlots(flat, np.zeros(N), tmp_path), epochs=1)
    assert [path.name for path in tmp_path.iterdir()] == ["embedding-0001.png"]


def test_labels_that_do_not_fit_are_refused(x, tmp_path):
    with pytest.raises(SettingError, match=f"`y` must be one class for each of {N} examples"):
        LatentPlots(x, np.zeros(N - 1), tmp_path)
    with pytest.raises(SettingError, match=r"`y` must be the numbers of 2 classes, 0 to 1.*=2"):
        LatentPlots(x, np.arange(N) % 3, tmp_path, class_names=["even", "odd"])


def test_an_impossible_folder_stops_training_at_once(x, tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(SettingError, match="`directory` must be a folder"):
        fit(make_model(), x, LatentPlots(x, np.zeros(N), path))
