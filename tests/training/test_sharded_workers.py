"""Two processes train on TFRecord shards."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT

from benchmarks.workers import free_ports
from keras_vrae.datasets import tfrecord

SCRIPT = Path(__file__).with_name("sharded_worker.py")


def train(folder, shards, processes):
    """What each process has written, having trained on so many shards: a list of dicts."""
    dataset = f"tfrecord:{folder}/{shards}/*.tfrecord"
    addresses = [f"127.0.0.1:{port}" for port in free_ports(processes)]
    started = []
    for index in range(processes):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
        if processes > 1:
            task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
            environment["TF_CONFIG"] = json.dumps(task)
        output = str(folder / f"{shards}-{processes}-{index}.npz")
        command = [sys.executable, str(SCRIPT), dataset, output]
        pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
        started.append((subprocess.Popen(command, env=environment, **pipes), output))
    try:
        for process, _ in started:
            _, stderr = process.communicate(timeout=240)
            assert process.returncode == 0, stderr[-3000:]
    finally:
        for process, _ in started:
            process.kill()
    return [dict(np.load(output)) for _, output in started]


def write(folder, shards):
    x = np.random.default_rng(0).random((81, 4, 3), dtype="float32")
    parts = {"train": [(x, None)], "validation": [(x[:21], None)], "test": [(x[:20], None)]}
    tfrecord.write(folder / str(shards), parts, shards)


@pytest.mark.slow
def test_two_workers_train_on_shards_they_cannot_share_out_as_one_device_does(tmp_path):
    write(tmp_path, shards=3)
    (alone,) = train(tmp_path, 3, processes=1)
    for worker in train(tmp_path, 3, processes=2):
        for name, values in worker.items():
            np.testing.assert_allclose(values, alone[name], rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.mark.slow
def test_two_workers_read_shards_of_their_own_and_agree(tmp_path):
    write(tmp_path, shards=4)
    (alone,) = train(tmp_path, 4, processes=1)
    one, other = train(tmp_path, 4, processes=2)
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])
    # Their batches are others, of the same examples in as many steps.
    difference = np.abs(one["history"] - alone["history"])
    assert 1e-5 < difference.max() < 0.05 * np.abs(alone["history"]).max()
