"""A worker is killed in training, all are started again, and nothing is lost but an epoch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from benchmarks.kills import content
from benchmarks.workers import free_ports
from keras_vrae.training import checkpoints

SCRIPT = Path(__file__).with_name("lost_worker.py")
SIGKILL_STATUS = -9
STEPS = 6  # Of an epoch.


def start_both(folder, step_of_death=None):
    """Trains in two processes, of which the second may be killed; returns `(status, stderr)`s."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
    started = []
    for index in range(2):
        task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        environment = {**os.environ, "TF_CONFIG": json.dumps(task), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, str(SCRIPT), str(folder)]
        if index and step_of_death:
            command.append(str(step_of_death))
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, env=environment, **pipes))
    try:
        said = [process.communicate(timeout=240)[1] for process in started]
    finally:
        for process in started:
            process.kill()
    return [(process.returncode, text) for process, text in zip(started, said, strict=True)]


def train(folder):
    for status, stderr in start_both(folder):
        assert status == 0, stderr[-3000:]
    return content(folder)


@pytest.mark.slow
def test_a_run_that_lost_a_worker_ends_as_the_whole_one(tmp_path):
    whole = train(tmp_path / "whole")
    folder = tmp_path / "lost"
    chief, worker = start_both(folder, step_of_death=2 * STEPS + 3)
    assert worker[0] == SIGKILL_STATUS
    assert chief[0] == 1
    assert "most likely as one was lost. Start all of them again" in chief[1].splitlines()[-1]
    kept = [path.name.split("-")[1] for path in checkpoints.paths(folder / "checkpoints")]
    assert kept == [f"{epochs * STEPS:08d}" for epochs in (1, 2)]
    assert not (folder / "model.keras").exists()
    resumed = train(folder)
    assert resumed.keys() == whole.keys()
    differing = [name for name in whole if resumed[name] != whole[name]]
    assert differing == []
