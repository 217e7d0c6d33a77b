"""The command `export`, and exports after training."""

import errno
import os
import shutil
import zipfile
from pathlib import Path

import pytest
import tensorflow as tf

import keras_vrae
from keras_vrae import serving
from keras_vrae.serving import exporting
from keras_vrae.training import ExperimentConfig, RunDirectory, environment
from keras_vrae.training.plan import plan_runs
from keras_vrae_cli import study
from keras_vrae_cli.program import main


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """A finished run, without the metrics and plots that an export does not read."""
    run = RunDirectory(tmp_path_factory.mktemp("runs") / "digits-dense")
    config = ExperimentConfig(encoder="dense", hidden_units=4)
    run.prepare()
    run.write_json(run.config_path, {**config.as_dict(), "versions": environment.versions()})
    run.write_json(run.metrics_path, {})
    keras_vrae.build("dense", (8, 8), hidden_units=4, likelihood="gaussian").save(run.model_path)
    return run.path


@pytest.fixture
def call(capsys):
    """Returns a function of flags that runs the command: exit status and output."""

    def run(**flags):
        capsys.readouterr()
        status = main("export", "export", [f"--{name}={value}" for name, value in flags.items()])
        printed = capsys.readouterr()
        return status, printed.err or printed.out

    return run


@pytest.mark.slow
def test_a_run_becomes_models(call, run_dir, tmp_path):
    flags = {"run_dir": run_dir, "export_dir": tmp_path / "serving"}
    status, text = call(**flags)
    assert status == 0
    assert "Exported version 1" in text
    status, text = call(**flags, version=5, models="decoder", base_path="/srv")
    assert status == 0
    assert "decoder/5" in text
    for path in (tmp_path / "serving").glob("*/[0-9]*"):
        content = serving.check_version(path)
        assert content["run"]["name"] == "digits-dense"
        assert content["run"]["dataset"] == "digits"
        assert content["elbo_is_bound"] is True
    status, text = call(**flags, version=5)
    assert status == 2
    assert text.startswith("export: `version` must be one that is not in")


@pytest.mark.slow
@pytest.mark.parametrize("version", ["0", "-3", "1.5", "two", ""])
def test_a_wrong_version_is_one_line(call, run_dir, tmp_path, version):
    status, text = call(run_dir=run_dir, export_dir=tmp_path / "serving", version=version)
    assert status == 2
    assert text.startswith("export: `version` must be a positive integer")
    assert text.count("\n") == 1
    assert not list(tmp_path.rglob("*"))


@pytest.mark.slow
def test_other_mistakes_are_one_line(call, run_dir, tmp_path):
    for flags, expected, message in (
        ({"run_dir": tmp_path / "nowhere"}, 1, "is not a finished run"),
        ({"run_dir": run_dir, "models": "encodr"}, 2, "Did you mean 'encoder'?"),
        ({"run_dir": run_dir, "export_dir": "/dev/null/x"}, 2, "`export_dir` must be"),
    ):
        status, text = call(**{"export_dir": tmp_path / "serving", **flags})
        assert status == expected
        assert message in text
        assert text.startswith("export: ")
        assert text.count("\n") == 1
    assert not (tmp_path / "serving").exists()


HOSTILE = {
    '{"versions": null}': "must name the versions that made the run, as an object",
    '{"versions": [1]}': "must name the versions that made the run, as an object",
    '{"versions": {"keras_vrae": [1, {}]}}': "or older. Received: one of [1, {}]",
    f'{{"versions": {{"keras_vrae": "{"9" * 5000}"}}}}': "must be of keras_vrae",
    '{"versions": {}, "dataset": NaN}': "Received: NaN, which is not a number",
    "[" * 100_000: "config.json must be JSON of 100 levels",
    '{"a":' * 100_000: "config.json must be JSON of 100 levels",
    "[]": "config.json must hold a JSON object",
}


@pytest.fixture
def copied(run_dir, tmp_path):
    return Path(shutil.copytree(run_dir, tmp_path / "run"))


@pytest.mark.parametrize(("content", "message"), HOSTILE.items(), ids=range(len(HOSTILE)))
def test_hostile_settings_are_one_line(call, copied, tmp_path, content, message):
    (copied / "config.json").write_text(content)
    status, text = call(run_dir=copied, export_dir=tmp_path / "serving")
    assert status == 1
    assert message in text
    assert text.removeprefix("Loading TensorFlow ...\n").count("\n") == 1
    assert not (tmp_path / "serving").exists()


def rewrite(path, change):
    """Changes the `config.json` in a `.keras` file."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["config.json"] = change(parts["config.json"].decode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"hidden_units": 4', '"hidden_units": 1000000000000'),
        lambda text: "[" * 100_000,
        lambda text: "null",
        lambda text: '{"class_name": "VAE", "config": null}',
    ],
    ids=["1e12 units", "deep", "null", "no config"],
)
def test_a_model_that_cannot_be_made_is_one_line(call, copied, tmp_path, change):
    rewrite(copied / "model.keras", change)
    status, text = call(run_dir=copied, export_dir=tmp_path / "serving")
    assert status == 1
    assert text.startswith(f"export: {copied / 'model.keras'} cannot be read: ")
    assert text.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("place", ["write_saved_model", "write_manifest"])
def test_a_full_disk_is_one_line_and_leaves_nothing(call, run_dir, tmp_path, monkeypatch, place):
    def fail(*arguments):
        reason = os.strerror(errno.ENOSPC)
        if place == "write_manifest":
            raise OSError(errno.ENOSPC, reason)
        raise tf.errors.ResourceExhaustedError(None, None, f"variables.data; {reason} [Op:SaveV2]")

    monkeypatch.setattr(exporting, place, fail)
    folder = tmp_path / "serving"
    status, text = call(run_dir=run_dir, export_dir=folder, models="decoder")
    assert status == 1
    assert text == f"export: An export to {folder} needs more space: No space left on device\n"
    assert list(folder.iterdir()) == []


def test_a_relative_base_path_is_one_line(call, run_dir, tmp_path):
    status, text = call(run_dir=run_dir, export_dir=tmp_path / "serving", base_path="models")
    assert status == 2
    assert text.startswith("export: `base_path` must be an absolute path")
    assert not (tmp_path / "serving").exists()


@pytest.mark.slow
def test_entries_that_a_models_config_lacks_are_printed(call, run_dir, tmp_path):
    folder = tmp_path / "serving"
    folder.mkdir()
    (folder / "models.config").write_text("model_config_list {}\n")
    status, text = call(run_dir=run_dir, export_dir=folder, models="decoder", base_path="/srv")
    assert status == 0
    assert f"{folder}/models.config stays as it is. Add to its model_config_list:" in text
    assert 'base_path: "/srv/decoder"' in text
    assert (folder / "models.config").read_text() == "model_config_list {}\n"


def test_runs_are_exported_after_training(monkeypatch, tmp_path):
    """Records runs and exports, and does neither."""
    calls = []
    monkeypatch.setattr(study, "one_thread_per_operation", lambda: None)
    monkeypatch.setattr(
        study, "train_and_evaluate", lambda *a, **_: calls.append(("train", a[1])) or {}
    )
    monkeypatch.setattr(study, "_in_own_process", lambda function, *a: function(*a))
    monkeypatch.setattr(study, "_export", lambda *a: calls.append(("export", *a)))
    monkeypatch.setattr(study.report, "write", lambda runs, folder: (folder, None))
    monkeypatch.setattr(study.report, "sentences", lambda comparison: [])
    runs, target = tmp_path / "runs", tmp_path / "serving"
    study.run_study(plan_runs({}, ["gru"], run_dir=runs), export_dir=target)
    assert calls == [("train", runs), ("export", runs, target)]
    calls.clear()
    study.run_study(plan_runs({}, ["gru", "lstm"], run_dir=runs), export_dir=target)
    names = ["digits-gru", "digits-lstm"]
    assert [call for call in calls if call[0] == "export"] == [
        ("export", runs / name, target / name) for name in names
    ]


def test_a_folder_that_is_not_writable_is_known_before_training(monkeypatch, tmp_path):
    monkeypatch.setattr(study, "train_and_evaluate", lambda *a, **_: pytest.fail("trained"))
    with pytest.raises(ValueError, match="`export_dir` must be a folder"):
        study.run_study(plan_runs({}, ["gru"], run_dir=tmp_path / "run"), export_dir="/dev/null/x")
