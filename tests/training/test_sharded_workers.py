"""Two processes train on TFRecord shards."""

from pathlib import Path

import numpy as np
import pytest
from clusters import run_workers

from keras_vrae.datasets import tfrecord

SCRIPT = Path(__file__).with_name("sharded_worker.py")


def train(folder, shards, processes):
    """What each process has written, having trained on so many shards: a list of dicts."""
    dataset = f"tfrecord:{folder}/{shards}/*.tfrecord"
    outputs = [str(folder / f"{shards}-{processes}-{index}.npz") for index in range(processes)]
    for status, stderr in run_workers([[str(SCRIPT), dataset, output] for output in outputs]):
        assert status == 0, stderr[-3000:]
    return [dict(np.load(output)) for output in outputs]


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
