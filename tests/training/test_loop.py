"""Whole runs, small ones."""

import csv
import functools
import json
import operator
import re
import subprocess
import sys

import keras
import numpy as np
import pytest
import short_runs
from conftest import ROOT
from matplotlib.image import imread

from keras_vrae import datasets
from keras_vrae.callbacks import PosteriorCollapseWarning
from keras_vrae.training import (
    ExperimentConfig,
    RunDirectory,
    callbacks,
    checkpoints,
    loop,
    train_and_evaluate,
)
from keras_vrae.training.build import make_model
from keras_vrae.training.data import prepare_data
from keras_vrae.training.loop import training_data
from keras_vrae.validation import DataError, SettingError

PLOTS = {"embedding.png", "manifold.png", "samples.png", "reconstructions.png", "curves.png"}
FILES = {"config.json", "history.csv", "metrics.json", "model.keras", "checkpoints", "figures"}
FILES |= {"embeddings.tsv", "metadata.tsv"}


def config(**settings):
    small = {"encoder": "dense", "hidden_units": 16, "epochs": 2, "nll_samples": 0}
    return ExperimentConfig(**{**small, **settings})


FINISHED = {"encoder": "gru", "epochs": 3, "nll_samples": 10}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "digits-gru"
    return folder, train_and_evaluate(config(**FINISHED), folder)


def test_files_of_a_run(finished):
    folder, _ = finished
    assert {path.name for path in folder.iterdir()} == FILES
    assert {path.name for path in (folder / "figures").iterdir()} == PLOTS | {"arrays.npz"}
    (checkpoint,) = (folder / "checkpoints").iterdir()
    assert checkpoint.name.startswith("step-00000123-")
    for name in PLOTS:
        picture = imread(folder / "figures" / name)
        assert min(picture.shape[:2]) > 400
        assert picture.std() > 0.02


def test_a_run_keeps_test_examples_for_the_report(finished):
    test = datasets.load("digits").test
    with np.load(finished[0] / "figures" / "arrays.npz") as arrays:
        rows, kept = arrays["example_rows"], arrays["examples"]
    assert rows.tolist() == list(range(len(test.x)))
    assert kept.dtype == "uint8"
    np.testing.assert_allclose(kept / 255, test.x, atol=0.5 / 255)


def test_metrics_of_a_run(finished):
    folder, returned = finished
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics == returned
    assert (metrics["dataset"], metrics["encoder"], metrics["seed"]) == ("digits", "gru", 0)
    assert metrics["epochs"] == 3
    model = keras.saving.load_model(folder / "model.keras")
    assert metrics["parameters"] == sum(np.prod(w.shape) for w in model.trainable_weights)
    assert 0 < metrics["seconds_per_epoch"] < metrics["train_seconds"]
    assert metrics["first_step_seconds"] > 0
    assert metrics["examples_per_second"] == pytest.approx(
        1294 / metrics["seconds_per_epoch"], rel=0.01
    )
    assert 200 < metrics["peak_memory_mb"] < 20_000
    test = metrics["test"]
    assert test["elbo"] == pytest.approx(-(test["reconstruction"] + test["kl"]), rel=1e-5)
    assert test["active_units"] in (0, 1, 2)
    for name in ("knn_accuracy", "linear_probe_accuracy"):
        assert 0.1 < test[name] <= 1
    loss = model.evaluate(datasets.load("digits").test.x, verbose=0)[0]
    assert loss == pytest.approx(-test["elbo"], rel=0.1)


def test_codes_for_the_projector(finished):
    folder, _ = finished
    test = datasets.load("digits").test
    means = keras.saving.load_model(folder / "model.keras").encode(test.x).z_mean
    codes = np.loadtxt(folder / "embeddings.tsv", delimiter="\t")
    np.testing.assert_allclose(codes, means, rtol=1e-5)
    header, *rows = (folder / "metadata.tsv").read_text().splitlines()
    assert header == "example\tlabel"
    assert rows == [f"{number}\t{label}" for number, label in enumerate(test.y)]


def test_history_and_config_of_a_run(finished):
    folder, _ = finished
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert set(rows[0]) == {
        *("epoch", "loss", "reconstruction", "kl"),
        *("val_loss", "val_reconstruction", "val_kl", "seconds"),
    }
    assert float(rows[2]["val_loss"]) < float(rows[0]["val_loss"])
    stored = json.loads((folder / "config.json").read_text())
    assert {**config(**FINISHED).as_dict()}.items() <= stored.items()
    assert stored["versions"]["keras"] == keras.__version__


def test_an_existing_run_is_not_touched_unasked(finished):
    folder, _ = finished
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(SettingError, match=r"holds a finished run\. Pass --overwrite"):
        train_and_evaluate(config(**FINISHED), folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_folder_that_is_not_a_run_is_never_replaced(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    for overwrite in (False, True):
        with pytest.raises(SettingError, match="`run_dir` must be an empty folder, a run"):
            train_and_evaluate(config(), tmp_path, overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("spoiled", ["file", "below"])
def test_a_read_only_folder(tmp_path, spoiled):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" if spoiled == "file" else tmp_path / "file" / "run"
    with pytest.raises(SettingError, match="`run_dir` must be"):
        train_and_evaluate(config(), path)


@pytest.mark.slow
def test_overwrite_replaces_the_files_of_the_run_alone(tmp_path):
    run = tmp_path / "run"
    train_and_evaluate(config(epochs=1), run)
    (run / "notes.txt").write_text("mine")
    metrics = train_and_evaluate(config(seed=1, epochs=1), run, overwrite=True)
    assert metrics["seed"] == 1
    assert {path.name for path in run.iterdir()} == FILES | {"notes.txt"}


TIMES = {"train_seconds", "seconds_per_epoch", "first_step_seconds", "examples_per_second"}


@pytest.mark.slow
def test_same_settings_same_metrics_and_weights_in_two_processes(tmp_path):
    flags = ["--encoder=dense", "--hidden_units=16", "--epochs=1", "--nll_samples=10"]
    program = [sys.executable, str(ROOT / "train_main.py"), *flags]
    processes = [
        subprocess.Popen([*program, f"--run_dir={tmp_path / name}"], stdout=subprocess.DEVNULL)
        for name in ("one", "two")
    ]
    other = train_and_evaluate(config(epochs=1, seed=1), tmp_path / "other")
    assert [process.wait(300) for process in processes] == [0, 0]
    one, two = (
        json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("one", "two")
    )
    assert set(one) == set(two)
    for name in set(one) - TIMES - {"peak_memory_mb"}:
        assert one[name] == two[name], name
    models = [keras.saving.load_model(tmp_path / name / "model.keras") for name in ("one", "two")]
    for a, b in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(a, b)
    for name in ("reconstruction", "kl"):
        assert one["test"][name] != other["test"][name]


class Interruption(keras.callbacks.Callback):
    """Stops training after so many steps as a killed process would."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def on_train_batch_end(self, batch, logs=None):
        if self.model.optimizer.iterations == self.steps:
            raise KeyboardInterrupt


@pytest.mark.slow
@pytest.mark.parametrize(
    ("encoder", "every", "steps", "kept"),
    [
        ("dense", "21 steps", 70, 63),
        ("dense", None, 73, 73),  # After 16, 32, 41, 57, 73 steps, which are a call each.
        ("lstm", "21 steps", 100, 84),
        ("gru", "21 steps", 89, 84),
    ],
)
def test_a_resumed_run_ends_as_the_uninterrupted_one(
    encoder, every, steps, kept, tmp_path, monkeypatch
):
    monkeypatch.setattr(callbacks, "CHECKPOINT_EVERY_SECONDS", 0)
    if (encoder, every) != ("dense", "21 steps"):  # One of the runs is evaluated and drawn.
        monkeypatch.setattr(loop, "finish", short_runs.save)
    # 41 steps are an epoch, so that the checkpoints lie within epochs.
    settings = config(
        encoder=encoder,
        epochs=4,
        likelihood="bernoulli",
        kl_schedule="cyclical",
        checkpoint_every=every,
    )
    whole = train_and_evaluate(settings, tmp_path / "whole")
    original_fit = keras.Model.fit

    @functools.wraps(original_fit)
    def interrupted_fit(self, *args, **kwargs):
        kwargs["callbacks"] = [*kwargs["callbacks"], Interruption(steps)]
        return original_fit(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(keras.Model, "fit", interrupted_fit)
        with pytest.raises(KeyboardInterrupt):
            train_and_evaluate(settings, tmp_path / "cut")
    run = RunDirectory(tmp_path / "cut")
    assert not run.is_finished
    assert f"step-{kept:08d}" in checkpoints.paths(run.checkpoints_path)[-1].name
    with pytest.raises(SettingError, match="holds an unfinished run"):
        train_and_evaluate(settings, run.path)
    resumed = train_and_evaluate(settings, run.path, resume=True)
    if loop.finish is not short_runs.save:
        assert resumed["test"] == whole["test"]
    models = [keras.saving.load_model(tmp_path / n / "model.keras") for n in ("whole", "cut")]
    for state in ("weights", "optimizer.variables", "sampling.variables"):
        for one, two in zip(*map(operator.attrgetter(state), models), strict=True):
            np.testing.assert_array_equal(one, two)
    rows = [RunDirectory(tmp_path / name).read_history() for name in ("whole", "cut")]
    for one, two in zip(*rows, strict=True):
        assert {**one, "seconds": 0} == {**two, "seconds": 0}


@pytest.mark.slow
def test_the_best_epoch_is_kept_also_after_an_interruption(tmp_path, monkeypatch):
    monkeypatch.setattr(callbacks, "CHECKPOINT_EVERY_SECONDS", 0)
    settings = config(
        epochs=30, patience=2, learning_rate=0.02, learning_rate_schedule="constant", beta=0.5
    )
    whole = train_and_evaluate(settings, tmp_path / "whole")
    rows = RunDirectory(tmp_path / "whole").read_history()
    values = [row["val_reconstruction"] + 0.5 * row["val_kl"] for row in rows]
    best = int(np.argmin(values))
    assert whole["best_epoch"] == best + 1
    assert whole["epochs"] == len(rows) == best + 3 < 30
    model = keras.saving.load_model(tmp_path / "whole" / "model.keras")
    x = prepare_data(settings).validation.x
    kl = model.evaluate(x, batch_size=512, verbose=0, return_dict=True)["kl"]
    assert kl == pytest.approx(rows[best]["val_kl"], rel=1e-5)

    # Killed within the first epoch that is no better, and again when training has stopped.
    interruption = Interruption(41 * (best + 1) + 7)
    with pytest.raises(KeyboardInterrupt):
        train_and_evaluate(settings, tmp_path / "cut", callbacks=[interruption])

    def interrupted_finish(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop, "finish", interrupted_finish)
        with pytest.raises(KeyboardInterrupt):
            train_and_evaluate(settings, tmp_path / "cut", resume=True)
    resumed = train_and_evaluate(settings, tmp_path / "cut", resume=True)
    assert resumed["test"] == whole["test"]
    assert (resumed["epochs"], resumed["best_epoch"]) == (whole["epochs"], whole["best_epoch"])
    other = keras.saving.load_model(tmp_path / "cut" / "model.keras")
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    again = train_and_evaluate(settings, tmp_path / "cut", resume=True)
    assert again == resumed


@pytest.mark.slow
def test_a_collapse_is_said(tmp_path, capsys):
    with pytest.warns(PosteriorCollapseWarning, match="0 of 2 latent dimensions are active"):
        train_and_evaluate(config(encoder="gru", epochs=9, beta=50.0), tmp_path / "run")
    printed = capsys.readouterr().out
    assert "No latent dimension is active" in printed
    rows = dict(re.findall(r"^  (negative ELBO|= reconstruction|\+ KL) +(-?[\d.]+)", printed, re.M))
    bound, *parts = map(float, rows.values())
    assert bound == pytest.approx(sum(parts), abs=1e-9)


@pytest.mark.slow
def test_resume(tmp_path, capsys):
    run = RunDirectory(tmp_path / "run")

    def resume(**settings):
        return train_and_evaluate(
            config(learning_rate_schedule="constant", **settings), run.path, resume=True
        )

    first = resume(epochs=1)  # Nothing is there yet: it begins.
    assert resume(epochs=1) == first
    assert "finished already" in capsys.readouterr().out
    assert resume(epochs=2)["epochs"] == 2
    with pytest.raises(SettingError, match="`latent_dim` must be 2 to resume"):
        resume(latent_dim=3)
    run.metrics_path.unlink()
    for path in checkpoints.paths(run.checkpoints_path):
        path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(DataError, match=r"step-00000082-\w+\.keras cannot be read"):
        resume(epochs=2)


@pytest.mark.slow
def test_cosine_schedule_ends_at_zero_and_fixes_the_epochs(tmp_path):
    train_and_evaluate(config(), tmp_path / "run")
    model = keras.saving.load_model(tmp_path / "run" / "model.keras")
    assert float(model.optimizer.learning_rate) == pytest.approx(0.0, abs=1e-9)
    assert model.optimizer.global_clipnorm == 20.0
    with pytest.raises(SettingError, match="`epochs` must be 2 to resume"):
        train_and_evaluate(config(epochs=3), tmp_path / "run", resume=True)


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        ({}, 16),
        ({"checkpoint_every": "2 epochs"}, 16),
        ({"checkpoint_every": "20 steps"}, 1),
        ({"batch_size": 10**6}, 1),
        ({"encoder": "gru"}, 1),
        ({"dataset": "digits", "supervision": "private"}, 16),
    ],
)
def test_short_steps_get_their_batches_in_pieces(settings, steps):
    settings = config(**settings)
    splits = prepare_data(settings)
    data = training_data(make_model(settings, splits), splits, settings)
    assert getattr(data, "steps", 1) == steps


@pytest.mark.slow
def test_the_history_of_short_epochs_is_written_now_and_then_and_in_the_end(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(callbacks, "HISTORY_EVERY_SECONDS", 1e9)
    monkeypatch.setattr(loop, "finish", short_runs.save)
    write = RunDirectory.write_history

    def watched(run, rows):
        written.append(len(rows))
        write(run, rows)

    monkeypatch.setattr(RunDirectory, "write_history", watched)
    train_and_evaluate(config(epochs=5), tmp_path / "run")
    assert written == [1, 5]
    rows = RunDirectory(tmp_path / "run").read_history()
    assert [row["epoch"] for row in rows] == list(range(1, 6))


@pytest.mark.slow
def test_divergence_is_reported(tmp_path):
    settings = config(learning_rate=1e30, likelihood="bernoulli")
    with pytest.raises(DataError, match=r"diverged in epoch 1.*smaller --learning_rate"):
        train_and_evaluate(settings, tmp_path / "run")
    assert not (tmp_path / "run" / "metrics.json").exists()


@pytest.mark.slow
def test_divergence_keeps_the_last_good_checkpoint_and_names_it(tmp_path, monkeypatch):
    def spoil(self, batch, logs=None):
        if self.model.optimizer.iterations == 30:
            bias = self.model.decoder.weights[-1]
            bias.assign(np.full(bias.shape, np.nan))

    monkeypatch.setattr(callbacks.RunRecorder, "on_train_batch_begin", spoil, raising=False)
    with pytest.raises(DataError, match=r"epoch 1, step 31: the loss is nan.* good checkpoint is"):
        train_and_evaluate(config(checkpoint_every="10 steps"), tmp_path / "run")
    path = checkpoints.paths(tmp_path / "run" / "checkpoints")[-1]
    assert path.name.startswith("step-00000030-")
    assert all(np.isfinite(w).all() for w in keras.saving.load_model(path).get_weights())


@pytest.mark.slow
def test_a_full_disk_leaves_no_half_written_file(tmp_path, monkeypatch):
    run = RunDirectory(tmp_path / "run")

    def save(self, path, **kwargs):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Model, "save", save)
    with pytest.raises(OSError, match="No space left"):
        train_and_evaluate(config(epochs=1), run.path)
    assert not list(run.path.rglob("*.keras"))
    assert not run.is_finished


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"latent_dim": 1, "clipnorm": 0.0},
        {"latent_dim": 5},
        {"likelihood": "bernoulli"},
        {"likelihood": "bernoulli", "binarization": "fixed"},
        {"likelihood": "bernoulli", "binarization": "none"},
    ],
    ids=str,
)
def test_other_settings(settings, tmp_path):
    settings = config(epochs=1, **settings)
    metrics = train_and_evaluate(settings, tmp_path)
    assert (metrics["test"]["elbo"] is None) == (not settings.is_bound)
    assert (tmp_path / "figures" / "manifold.png").exists() == (settings.latent_dim == 2)
