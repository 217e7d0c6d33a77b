"""Several runs by one command."""

import importlib
import os
import signal
import sys
import types
from pathlib import Path

import keras
import pytest
from conftest import ROOT

from keras_vrae.training import ExperimentConfig, RunDirectory
from keras_vrae.training.plan import plan_runs
from keras_vrae.validation import DataError, SettingError
from keras_vrae_cli import study
from keras_vrae_cli.callbacks import make_callback, make_tensorboard
from keras_vrae_cli.study import run_study

SMALL = {"hidden_units": 8, "epochs": 1, "nll_samples": 2}


def run(folder, **existing):
    """Two encoders with two seeds each."""
    plan = plan_runs(SMALL, ["dense", "gru"], num_seeds=2, run_dir=folder, **existing)
    return run_study(plan, **existing)


@pytest.mark.slow
def test_encoders_times_seeds(tmp_path, capfd, monkeypatch):
    own, missing = study._in_own_process, RunDirectory(tmp_path / "digits-gru-seed1")

    def run_one(function, config, path, *arguments):
        """Only what is missing in the end gets a process, which takes long to begin."""
        call = own if path == missing.path and resumed else lambda function, *args: function(*args)
        call(function, config, path, *arguments)

    resumed = False
    monkeypatch.setattr(study, "_in_own_process", run_one)
    monkeypatch.setattr(study, "one_thread_per_operation", lambda: None)
    folder = run(tmp_path)
    assert folder == tmp_path / "digits-comparison"
    names = {path.name for path in tmp_path.iterdir()} - {folder.name}
    assert names == {f"digits-{e}-seed{n}" for e in ("dense", "gru") for n in (0, 1)}
    assert "| gru | 2 |" in (folder / "report.md").read_text()
    with pytest.raises(SettingError, match="digits-dense-seed0"):
        run(tmp_path)
    # What is missing is made, what is there is kept.
    missing.clear()
    resumed = True
    run(tmp_path, resume=True)
    assert missing.is_finished
    assert capfd.readouterr().out.count("finished already") == 3


WATCH = """
import keras

class Watch(keras.callbacks.Callback):
    epochs, batches = [], 0

    def on_train_batch_end(self, batch, logs=None):
        Watch.batches += 1

    def on_epoch_end(self, epoch, logs=None):
        Watch.epochs.append((epoch, logs["val_loss"]))

def made():
    return Watch()

def broken():
    raise OSError("no server")
"""


@pytest.mark.slow
def test_callbacks_of_a_user(tmp_path, monkeypatch):
    (tmp_path / "my_watch.py").write_text(WATCH)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(study, "one_thread_per_operation", lambda: None)
    plan = plan_runs({**SMALL, "epochs": 2}, ["dense"])
    folder = run_study(plan, callbacks=("my_watch:Watch", "my_watch:made"), tensorboard=True)
    watch = importlib.import_module("my_watch").Watch
    losses = [row["val_loss"] for row in RunDirectory(folder).read_history()]
    expected = [(n, pytest.approx(v, rel=1e-6)) for n, v in enumerate(losses)]
    assert watch.epochs[::2] == watch.epochs[1::2] == expected
    assert watch.batches == 2 * 2 * 41
    assert list(folder.glob("tensorboard/*/events.*"))
    for name, words in {
        "nothing": "MODULE:CLASS",
        "no_module:Watch": "ModuleNotFoundError",
        "my_watch:Other": "AttributeError",
        "my_watch:broken": "OSError: no server",
        "my_watch:len": "AttributeError",
        "builtins:dict": "not of a dict",
    }.items():
        beats = f"`callback` must be .*{words}.*Received: callback="
        with pytest.raises(SettingError, match=beats):
            make_callback(name)


def test_the_example_for_mlflow(monkeypatch):
    """With a stand-in for MLflow, which is not installed with the tests."""
    asked = []
    stand_in = types.SimpleNamespace(
        set_experiment=lambda name: asked.append("experiment"),
        start_run=lambda: asked.append("run"),
        keras=types.SimpleNamespace(MlflowCallback=keras.callbacks.Callback),
    )
    monkeypatch.setitem(sys.modules, "mlflow", stand_in)
    monkeypatch.syspath_prepend(ROOT / "examples")
    assert isinstance(make_callback("mlflow_tracking:tracker"), keras.callbacks.Callback)
    assert asked == ["experiment", "run"]


def test_tensorboard_that_is_not_there(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SettingError, match=r"`tensorboard` must be left out unless .*pip install"):
        make_tensorboard(tmp_path)


def note(config, *_):
    """Leaves a mark instead of training."""
    Path(os.environ["NOTES"], f"{config.encoder}-{os.getpid()}").touch()


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_each_run_of_several_has_its_own_process(tmp_path, monkeypatch):
    monkeypatch.setenv("NOTES", str(tmp_path))
    for config in plan_runs(SMALL, ["lstm", "gru"], run_dir=tmp_path / "runs").values():
        study._in_own_process(note, config)
    marks = dict(path.name.split("-") for path in tmp_path.glob("*-[0-9]*"))
    assert set(marks) == {"lstm", "gru"}
    assert len({str(os.getpid()), *marks.values()}) == 3
    with pytest.raises(DataError, match="The process of a run was killed"):
        study._in_own_process(die)


@pytest.mark.parametrize(
    ("settings", "shared"),
    [
        ({"encoder": "dense"}, True),
        ({"encoder": "gru", "dataset": "newsgroups"}, True),
        ({"encoder": "dense", "dataset": "newsgroups"}, False),
    ],
)
def test_operations_get_one_thread_except_on_bags_of_words(settings, shared, monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr(study, "one_thread_per_operation", lambda: calls.append("threads"))
    monkeypatch.setattr(study, "train_and_evaluate", lambda *_, **options: calls.append("train"))
    run_study({tmp_path: ExperimentConfig(**settings)})
    assert calls == ["threads", "train"][not shared :]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"encoders": []}, "encoder"),
        ({"encoders": ["lstm", "lstm"]}, "encoder"),
        ({"encoders": ["dense", "lsmt"]}, "encoder"),
        ({"num_seeds": 0}, "seeds"),
        ({"overwrite": True, "resume": True}, "overwrite"),
        ({"settings": {"latent_dim": 0}}, "latent_dim"),
    ],
)
def test_nothing_begins_with_invalid_settings(arguments, name, tmp_path):
    arguments = {"settings": SMALL, "encoders": ["dense", "gru"], **arguments}
    with pytest.raises(SettingError, match=f"`{name}"):
        plan_runs(**arguments, run_dir=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_an_export_within_a_run_is_refused_before_anything_begins(tmp_path):
    plan = plan_runs(SMALL, ["dense"], run_dir=tmp_path / "run")
    with pytest.raises(SettingError, match="`export_dir` must be a folder outside of the run"):
        run_study(plan, export_dir=tmp_path / "run" / "serving")
    assert not (tmp_path / "run").exists()
