"""A run killed by SIGKILL, resumed; `python -m benchmarks.kills` does it by the dozen."""

import json
import subprocess
import sys

import pytest
from conftest import ROOT


@pytest.mark.slow
def test_a_killed_run_ends_as_the_whole_one(tmp_path):
    output = tmp_path / "kills.json"
    command = [sys.executable, "-m", "benchmarks.kills", "--kills=1", "--encoders=gru"]
    command += ["--damages=20", "--seed=1", f"--output={output}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(output.read_text())
    (kill,) = report["kills"]
    assert (kill["fault"], kill["status"], kill["equal"]) == ("SIGKILL", -9, True)
    assert report["damaged"]["told_and_one_before_used"] == 20
