"""Batches of sequences of like length."""

import numpy as np

from keras_vrae.datasets import Split
from keras_vrae.datasets.pipeline import evaluation_batches, training_batches

RNG = np.random.default_rng(0)
LENGTHS = RNG.integers(1, 40, 101)
SPLIT = Split(
    np.arange(101.0, dtype="float32")[:, None] * np.ones((1, 40), "float32"), None, LENGTHS
)


def epoch(first_epoch=0, first_step=0, **options):
    batches = training_batches(SPLIT, 8, 1, first_epoch, first_step=first_step, **options)
    return [
        {name: value.numpy() for name, value in batch.items()}
        for batch in batches.take(13 - first_step)
    ]


def test_each_sequence_comes_once_in_a_batch_as_long_as_its_longest():
    batches = epoch(bucket=True)
    found = np.concatenate([batch["x"][:, 0] for batch in batches])
    assert sorted(found) == list(range(101))
    for batch in batches:
        np.testing.assert_array_equal(batch["lengths"], LENGTHS[batch["x"][:, 0].astype(int)])
        assert batch["x"].shape[1] == batch["lengths"].max()
    assert sorted(len(batch["x"]) for batch in batches) == [5, *[8] * 12]


def test_little_of_a_batch_is_padding_and_batches_differ_between_epochs():
    def padded(batches):
        return sum(batch["x"].size for batch in batches) / LENGTHS.sum()

    assert padded(epoch(bucket=True)) < 1.4 < 1.6 < padded(epoch())
    first, second = (
        {frozenset(batch["x"][:, 0]) for batch in epoch(number, bucket=True)} for number in (0, 1)
    )
    assert not first & second


def test_an_epoch_that_is_begun_in_its_middle_holds_what_it_would_have_held():
    whole, rest = epoch(2, bucket=True), epoch(2, first_step=5, bucket=True)
    for batch, other in zip(whole[5:], rest, strict=True):
        np.testing.assert_array_equal(batch["x"], other["x"])


def test_evaluation_keeps_the_order():
    batches = list(evaluation_batches(SPLIT, 50, bucket=True))
    assert [int(row) for batch in batches for row in batch["x"][:, 0]] == list(range(101))
    assert batches[0]["x"].shape[1] == LENGTHS[:50].max()
