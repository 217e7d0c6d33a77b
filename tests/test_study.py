"""Several runs by one command."""

import os
from pathlib import Path

import pytest

from keras_vrae.study import run_study
from keras_vrae.training import RunDirectory
from keras_vrae.training.plan import plan_runs
from keras_vrae.validation import SettingError

SMALL = {"hidden_units": 8, "epochs": 1}


def run(folder, **existing):
    """Two encoders with two seeds each."""
    plan = plan_runs(SMALL, ["dense", "gru"], num_seeds=2, run_dir=folder, **existing)
    return run_study(plan, **existing)


@pytest.mark.slow
def test_encoders_times_seeds(tmp_path, capfd):
    folder = run(tmp_path)
    assert folder == tmp_path / "digits-comparison"
    names = {path.name for path in tmp_path.iterdir()} - {folder.name}
    assert names == {f"digits-{e}-seed{n}" for e in ("dense", "gru") for n in (0, 1)}
    assert "| gru | 2 |" in (folder / "report.md").read_text()
    with pytest.raises(SettingError, match="digits-dense-seed0"):
        run(tmp_path)
    # What is missing is made, what is there is kept.
    missing = RunDirectory(tmp_path / "digits-gru-seed1")
    missing.clear()
    run(tmp_path, resume=True)
    assert missing.is_finished
    assert capfd.readouterr().out.count("finished already") == 3


def note(config):
    """Leaves a mark in the folder that the runs were told of."""
    Path(os.environ["NOTES"], f"{config.encoder}-{os.getpid()}").touch()


@pytest.mark.slow
def test_each_run_is_prepared_in_its_own_process(tmp_path, monkeypatch):
    monkeypatch.setenv("NOTES", str(tmp_path))
    for encoders in (["dense"], ["lstm", "gru"]):
        plan = plan_runs(SMALL, encoders, run_dir=tmp_path / "-".join(encoders))
        run_study(plan, prepare=note)
    marks = dict(path.name.split("-") for path in tmp_path.glob("*-[0-9]*"))
    assert set(marks) == {"dense", "lstm", "gru"}
    assert len(set(marks.values())) == 3


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
def test_nothing_begins_with_settings_that_cannot_be(arguments, name, tmp_path):
    arguments = {"settings": SMALL, "encoders": ["dense", "gru"], **arguments}
    with pytest.raises(SettingError, match=f"`{name}"):
        plan_runs(**arguments, run_dir=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_an_export_within_a_run_is_refused_before_anything_begins(tmp_path):
    plan = plan_runs(SMALL, ["dense"], run_dir=tmp_path / "run")
    with pytest.raises(SettingError, match="`export_dir` must be a folder outside of the run"):
        run_study(plan, export_dir=tmp_path / "run" / "serving")
    assert not (tmp_path / "run").exists()
