"""`train_main.py` as a user runs it."""

import json
import re
import subprocess
import sys

import pytest
from conftest import ROOT

from keras_vrae.training import ExperimentConfig

PROGRAM = ROOT / "train_main.py"


def run(*flags, cwd):
    command = [sys.executable, str(PROGRAM), *flags]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


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


MISTAKES = {
    # Found while the flags are read, before Keras is loaded.
    "--encodr=lstm": "Unknown command line flag 'encodr'. Did you mean: encoder",
    "--epochs=many": "`epochs` must be an integer. Received: epochs='many'",
    "--learning_rate=": "`learning_rate` must be a number. Received: learning_rate=''",
    "lstm": "Arguments must be flags, --name=value. Received: lstm",
    # Found by the settings.
    "--encoder=lsmt": "Did you mean 'lstm'?",
    "--dataset=minst": "Did you mean 'mnist'?",
    "--latent_dim=0": "`latent_dim` must be a whole number of at least 1. Received: latent_dim=0",
    "--data_dir=nowhere": "`data_dir` must be a folder that exists. Received: data_dir='nowhere'",
    "--run_dir=/dev/null/run": "`run_dir` must be",
}


@pytest.mark.slow
@pytest.mark.parametrize(("flag", "message"), MISTAKES.items(), ids=MISTAKES.keys())
def test_mistakes_get_one_line_and_status_2(flag, message, tmp_path):
    done = run(flag, cwd=tmp_path)
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


def test_help_documents_every_setting_with_its_default(tmp_path):
    done = run("--help", cwd=tmp_path)
    assert done.returncode == 0
    for name, field in ExperimentConfig.__dataclass_fields__.items():
        assert f"--{name}:" in done.stdout
        text = done.stdout.split(f"--{name}:")[1].split("\n  --")[0]
        if field.default is not None:
            assert "(default: " in text, name
