"""Batches of examples for backends other than TensorFlow, made by NumPy."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
from keras import tree

from keras_vrae import backend
from keras_vrae.datasets.splits import Split

# A data set is sorted in four blocks or more, so that batches change between epochs.
FEWEST_BLOCKS, MOST_BATCHES_IN_BLOCK = 4, 50
LENGTHS = 4  # Of batches of sequences, where each length is compiled.


def training_batches(
    split: Split,
    batch_size: int,
    seed: int,
    first_epoch: int = 0,
    binarization: str = "none",
    first_step: int = 0,
    bucket: bool = False,
    with_labels: bool = False,
    target: None = None,
    strategy: None = None,
    together: int = 1,
) -> Iterator[Any]:
    """Makes batches of training examples, shuffled again in each epoch, without end.

    The batch of a step depends on the seed, the epoch and the step alone, so that training that
    resumes at a step sees the same batches. Feed it to `fit` with `steps_per_epoch`.

    Args:
        split, ..., together: as in `keras_vrae.datasets.pipeline.training`; but shards, targets and
            strategies, which are for TensorFlow alone.

    Returns:
        Generator of tuples of NumPy arrays, or of dicts of padded sequences.
    """

    def batches_of_epoch(epoch):
        generator = np.random.default_rng((seed, epoch))
        order = generator.permutation(split.size)
        starts = np.arange(0, split.size, batch_size)
        if bucket and split.lengths is not None:
            order = like_lengths_together(order, split.lengths, batch_size)
            starts = generator.permutation(starts)
        for step, start in enumerate(starts):
            if epoch > first_epoch or step >= first_step:
                yield batch(order[start : start + batch_size], (seed, epoch, step))

    def batch(rows, key):
        values = split.x[rows]
        if binarization == "dynamic":
            noise = np.random.default_rng(key).random(values.shape, "float32")
            values = (noise < values).astype("float32")
        if split.lengths is not None:
            values = {"x": values, "lengths": split.lengths[rows]}
            values = trimmed(values) if bucket else values
        return (values, split.y[rows]) if with_labels else (values,)

    for epoch in itertools.count(first_epoch):
        batches = batches_of_epoch(epoch)
        while group := tuple(itertools.islice(batches, together)):
            yield group[0] if together == 1 else tree.map_structure(_joined, *group)


def like_lengths_together(order: np.ndarray, lengths: np.ndarray, batch_size: int) -> np.ndarray:
    """Sorts a random order by length, within blocks of batches; see `pipeline.buckets`."""
    batches = len(order) // (FEWEST_BLOCKS * batch_size)
    batches = min(max(batches, 1), MOST_BATCHES_IN_BLOCK)
    block = np.arange(len(order)) // (batches * batch_size)
    return order[np.lexsort((lengths[order], block))]


def evaluation_batches(
    split: Split, batch_size: int, bucket: bool = False, with_labels: bool = False
) -> keras.utils.PyDataset:
    """Makes batches of the examples in the order of the split, once; `bucket` trims padding.

    With labels a batch is a pair of examples and class numbers.
    """
    return _InOrder(split, batch_size, bucket and split.lengths is not None, with_labels)


class _InOrder(keras.utils.PyDataset):
    def __init__(self, split, batch_size, bucket, with_labels):
        super().__init__()
        self.split, self.batch_size = split, batch_size
        self.bucket, self.with_labels = bucket, with_labels

    def __len__(self):
        return -(-self.split.size // self.batch_size)

    def __getitem__(self, index):
        rows = slice(index * self.batch_size, (index + 1) * self.batch_size)
        x = tree.map_structure(lambda part: part[rows], self.split.inputs)
        x = trimmed(x) if self.bucket else x
        return (x, self.split.y[rows]) if self.with_labels else (x,)


def trimmed(padded: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Cuts the steps that are padding in all sequences of a batch `{"x": ..., "lengths": ...}`.

    Where each length is compiled, a few of them are left: quarters of the longest.
    """
    steps, longest = padded["x"].shape[1], int(padded["lengths"].max())
    if backend.compiles_each_shape:
        part = -(-steps // LENGTHS)
        longest = min(steps, -(-longest // part) * part)
    return {**padded, "x": padded["x"][:, :longest]}


def _joined(*parts):
    return np.concatenate(parts)
