"""`train_main.py` as a user runs it."""

import json
import os
import re
import subprocess
import sys

import pytest
from conftest import ROOT

from keras_vrae.training import ExperimentConfig

PROGRAM = ROOT / "train_main.py"


def run(*flags, cwd, **environment):
    command = [sys.executable, str(PROGRAM), *flags]
    environment = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment)


@pytest.fixture(scope="module")
def no_keras(tmp_path_factory):
    """A folder for PYTHONPATH under which Keras and TensorFlow cannot be imported."""
    folder = tmp_path_factory.mktemp("no-keras")
    for name in ("keras", "tensorflow"):
        (folder / f"{name}.py").write_text(f"raise ImportError('{name} was imported')\n")
    return str(folder)


@pytest.mark.slow
def test_first_command_of_the_readme(tmp_path):
    readme = (ROOT / "README.md").read_text()
    (flags,) = re.findall(r"^python train_main\.py (--encoder=lstm)$", readme, re.MULTILINE)
    done = run(flags, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "runs" / "digits-lstm"
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["test"]["knn_accuracy"] > 0.75
    for part in ("Training a VAE with the lstm encoder on digits", "kNN accuracy", "model.keras"):
        assert part in done.stdout
    again = run(flags, cwd=tmp_path)
    assert again.returncode == 2
    assert "Pass --overwrite to replace it" in last_line(again)


def last_line(done):
    return done.stderr.strip().splitlines()[-1]


# All of them are found before Keras and TensorFlow are loaded, which takes seconds.
MISTAKES = {
    # By the flags.
    "--encodr=lstm": "Unknown command line flag 'encodr'. Did you mean: encoder",
    "--epochs=many": "`epochs` must be an integer. Received: epochs='many'",
    "--learning_rate=": "`learning_rate` must be a number. Received: learning_rate=''",
    "lstm": "Arguments must be flags, --name=value. Received: lstm",
    # By the settings.
    "--encoder=lsmt": "Did you mean 'lstm'?",
    "--dataset=minst": "Did you mean 'mnist'?",
    "--dataset=tfrecord:nowhere/*": "`dataset` must be tfrecord: and a pattern that files fit",
    "--latent_dim=0": "`latent_dim` must be a whole number of at least 1. Received: latent_dim=0",
    "--data_dir=nowhere": "`data_dir` must be a folder that exists. Received: data_dir='nowhere'",
    "--run_dir=/dev/null/run": "`run_dir` must be a path below folders",
    "--seeds=0": "`seeds` must be a whole number of at least 1. Received: seeds=0",
    "--objective=iwae --beta=2": "`beta` must be 1.0 with objective='iwae'. Received: beta=2.0",
    "--overwrite --resume": "`overwrite` and `resume` exclude each other. Received: both",
}


@pytest.mark.parametrize(("flags", "message"), MISTAKES.items(), ids=MISTAKES.keys())
def test_mistakes_get_one_line_and_status_2(flags, message, no_keras, tmp_path):
    done = run(*flags.split(), cwd=tmp_path, PYTHONPATH=no_keras)
    assert done.returncode == 2
    assert message in last_line(done)
    assert last_line(done).startswith("train_main.py: ")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_damaged_data_get_one_line_and_status_1(tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"no images")
    done = run("--dataset=mnist", f"--data_dir={tmp_path}", cwd=tmp_path)
    assert done.returncode == 1
    assert "lacks the IDX files train-labels-idx1-ubyte" in last_line(done)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_run_that_is_there_is_found_before_keras_is_loaded(no_keras, tmp_path):
    folder = tmp_path / "runs" / "digits-lstm"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"latent_dim": 3}')
    for flags, message in (
        ((), "Pass --overwrite to replace it"),
        (("--resume",), "`latent_dim` must be 3 to resume runs/digits-lstm"),
    ):
        done = run(*flags, cwd=tmp_path, PYTHONPATH=no_keras)
        assert done.returncode == 2
        assert message in last_line(done)
    fine = run("--overwrite", cwd=tmp_path, PYTHONPATH=no_keras)
    assert fine.stdout == "Loading TensorFlow ...\n"
    assert (fine.returncode, last_line(fine)) == (1, "train_main.py: tensorflow was imported")


def test_help_documents_every_setting_with_its_default(no_keras, tmp_path):
    done = run("--help", cwd=tmp_path, PYTHONPATH=no_keras)
    assert done.returncode == 0
    shown = done.stdout.replace("--[no]", "--")
    for name, field in ExperimentConfig.__dataclass_fields__.items():
        assert f"--{name}:" in shown
        text = shown.split(f"--{name}:")[1].split("\n  --")[0]
        if field.default is not None:
            assert "(default: " in text, name
