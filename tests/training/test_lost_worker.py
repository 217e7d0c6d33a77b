"""A worker is killed in training, all are started again, and nothing is lost but an epoch."""

from pathlib import Path

import pytest
from clusters import run_workers
from short_runs import content

from keras_vrae.training import checkpoints

SCRIPT = Path(__file__).with_name("lost_worker.py")
SIGKILL_STATUS = -9
STEPS = 6  # Of an epoch.


def start_both(folder, *step_of_death):
    """Trains in two processes, of which the second may be killed; returns `(status, stderr)`s."""
    command = [str(SCRIPT), str(folder)]
    return run_workers([command, [*command, *map(str, step_of_death)]])


def train(folder):
    for status, stderr in start_both(folder):
        assert status == 0, stderr[-3000:]
    return content(folder)


@pytest.mark.slow
def test_a_run_that_lost_a_worker_ends_as_the_whole_one(tmp_path):
    whole = train(tmp_path / "whole")
    folder = tmp_path / "lost"
    chief, worker = start_both(folder, 2 * STEPS + 3)
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
