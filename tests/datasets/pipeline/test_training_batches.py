import itertools

import numpy as np
import pytest
import scipy.stats

from keras_vrae.datasets import Split
from keras_vrae.datasets.pipeline import (
    binarize,
    evaluation_batches,
    steps_in_epoch,
    training_batches,
)


@pytest.fixture
def split():
    return Split(np.arange(10, dtype="float32").reshape(10, 1), np.arange(10))


def epochs(split, count, **settings):
    """The batches of `count` epochs, a list of lists."""
    settings = {"batch_size": 4, "seed": 0, **settings}
    batches = training_batches(split, **settings).as_numpy_iterator()
    steps = steps_in_epoch(split, settings["batch_size"])
    return [list(itertools.islice(batches, steps)) for _ in range(count)]


def test_every_epoch_holds_every_example_in_an_order_of_its_own(split):
    one, two = epochs(split, 2)
    assert [len(batch) for batch in one] == [4, 4, 2]
    for epoch in (one, two):
        assert sorted(np.concatenate(epoch).ravel()) == list(range(10))
    assert np.concatenate(one).tolist() != np.concatenate(two).tolist()


@pytest.mark.parametrize("first_step", [0, 1, 4])
def test_batches_that_come_together_follow_one_another_within_an_epoch(first_step):
    x = np.random.default_rng(0).random((10, 3), dtype="float32")
    settings = {"batch_size": 2, "seed": 0, "binarization": "dynamic", "with_labels": True}
    settings |= {"first_epoch": 3, "first_step": first_step}
    batches = training_batches(Split(x, np.arange(10)), **settings).as_numpy_iterator()
    elements = training_batches(Split(x, np.arange(10)), together=3, **settings)
    elements = elements.as_numpy_iterator()
    for steps in (5 - first_step, 5, 5):
        for begin in range(0, steps, 3):
            together = list(itertools.islice(batches, min(3, steps - begin)))
            for element, parts in zip(next(elements), zip(*together, strict=True), strict=True):
                np.testing.assert_array_equal(element, np.concatenate(parts))


@pytest.mark.parametrize("binarization", ["none", "dynamic"])
def test_an_epoch_depends_on_the_seed_and_its_number_alone(split, binarization):
    split = split._replace(x=split.x / 10)
    whole = epochs(split, 3, binarization=binarization)
    tail = epochs(split, 1, binarization=binarization, first_epoch=2)
    for one, two in zip(whole[2], tail[0], strict=True):
        np.testing.assert_array_equal(one, two)
    other = epochs(split, 1, binarization=binarization, seed=1)[0]
    assert np.concatenate(other).tolist() != np.concatenate(whole[0]).tolist()


def test_dynamic_binarization_draws_again_with_the_grey_level_as_probability():
    split = Split(np.full((500, 4), [0.0, 0.2, 0.7, 1.0], "float32"), np.zeros(500))
    drawn = [np.concatenate(epoch) for epoch in epochs(split, 4, binarization="dynamic")]
    assert set(np.unique(drawn)) == {0.0, 1.0}
    assert all(np.abs(a - b).max() == 1 for a, b in itertools.pairwise(drawn))
    counts = np.sum(np.concatenate(drawn), axis=0)
    assert counts[0] == 0
    assert counts[3] == 2000
    for count, probability in ((counts[1], 0.2), (counts[2], 0.7)):
        assert scipy.stats.binomtest(int(count), 2000, probability).pvalue > 1e-3
    # Batches of one epoch draw independently of each other.
    first, second = epochs(
        Split(np.full((8, 50), 0.5, "float32"), None), 1, binarization="dynamic"
    )[0]
    assert np.abs(first - second).max() == 1


def test_fixed_binarization_is_the_same_each_time():
    split = Split(np.full((200, 50), 0.3, "float32"), np.zeros(200))
    one, two = binarize(split), binarize(split)
    np.testing.assert_array_equal(one.x, two.x)
    assert set(np.unique(one.x)) == {0.0, 1.0}
    assert scipy.stats.binomtest(int(one.x.sum()), one.x.size, 0.3).pvalue > 1e-3
    assert np.abs(binarize(split, seed=1).x - one.x).max() == 1


def test_evaluation_keeps_the_order(split):
    batches = list(evaluation_batches(split, 4).as_numpy_iterator())
    np.testing.assert_array_equal(np.concatenate(batches), split.x)


def test_no_autotuner_keeps_an_iterator_from_ending():
    split = Split(np.zeros((8, 2, 2), "float32"), None)
    for batches in (training_batches(split, 4, seed=0), evaluation_batches(split, 4)):
        assert batches.options().autotune.enabled is False
