"""Two processes train on TFRecord shards, some of which they can share out."""

from pathlib import Path

import numpy as np
import pytest
import sharded_worker
from clusters import run_workers

from keras_vrae.datasets import tfrecord

SCRIPT = str(Path(__file__).with_name("sharded_worker.py"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The dicts that two workers have written, and one process alone, by number of shards."""
    folder = tmp_path_factory.mktemp("sharded")
    x = np.random.default_rng(0).random((81, 4, 3), dtype="float32")
    parts = {"train": [(x, None)], "validation": [(x[:21], None)], "test": [(x[:20], None)]}
    for shards in (3, 4):
        tfrecord.write(folder / str(shards), parts, shards)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        sharded_worker.main("alone", "3", "4")
        for status, stderr in run_workers([[SCRIPT, worker, "3", "4"] for worker in "ab"]):
            assert status == 0, stderr[-3000:]
    return {
        shards: [dict(np.load(folder / f"{shards}-{name}.npz")) for name in ("a", "b", "alone")]
        for shards in (3, 4)
    }


@pytest.mark.slow
def test_two_workers_train_on_shards_they_cannot_share_out_as_one_device_does(trained):
    *workers, alone = trained[3]
    for worker in workers:
        for name, values in worker.items():
            np.testing.assert_allclose(values, alone[name], rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.mark.slow
def test_two_workers_read_shards_of_their_own_and_agree(trained):
    one, other, alone = trained[4]
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])
    # Their batches are others, of the same examples in as many steps.
    difference = np.abs(one["history"] - alone["history"])
    assert 1e-5 < difference.max() < 0.05 * np.abs(alone["history"]).max()
