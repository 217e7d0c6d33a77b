"""A run killed by SIGKILL and resumed ends as one that was not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from short_runs import content

from keras_vrae.training import checkpoints

SCRIPT = Path(__file__).with_name("killed_run.py")
SIGKILL_STATUS = -9


def train(*arguments):
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, env=environment, timeout=240).returncode


@pytest.mark.slow
def test_a_killed_run_ends_as_the_whole_one(tmp_path):
    folder = tmp_path / "killed"
    # Of 123 steps in 3 epochs: in the middle of an epoch and between two checkpoints.
    assert train("--step=67", folder) == SIGKILL_STATUS
    steps = [int(path.name.split("-")[1]) for path in checkpoints.paths(folder / "checkpoints")]
    assert steps[-1] == 63
    assert train(folder, tmp_path / "whole") == 0
    killed, whole = content(folder), content(tmp_path / "whole")
    assert killed.keys() == whole.keys()
    assert [name for name in whole if killed[name] != whole[name]] == []
