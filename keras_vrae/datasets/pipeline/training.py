"""Batches of training examples, as a `tf.data.Dataset` without end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from keras_vrae.backend.tensorflow.batches import prepare_ahead, row_gatherer
from keras_vrae.datasets.pipeline.buckets import like_lengths_together, trim
from keras_vrae.datasets.pipeline.sparse_rows import target_gatherer
from keras_vrae.datasets.splits import Split
from keras_vrae.types import Tensor

if TYPE_CHECKING:
    from keras_vrae.datasets.tfrecord import ShardedSplit


def training_batches(
    split: Split | ShardedSplit,
    batch_size: int,
    seed: int,
    first_epoch: int = 0,
    binarization: str = "none",
    first_step: int = 0,
    bucket: bool = False,
    with_labels: bool = False,
    target: Any = None,
    strategy: tf.distribute.Strategy | None = None,
    together: int = 1,
) -> tf.data.Dataset:
    """Makes batches of training examples, shuffled again in each epoch, without end.

    The batch of a step depends on the seed, the epoch and the step alone, so that training that
    resumes at a step sees the same batches. Feed it to `fit` with `steps_per_epoch`.

    Args:
        split: the training `Split`; it stays in memory as it is. Or a `tfrecord.ShardedSplit`,
            which is read again in each epoch.
        batch_size: examples in a batch; the last one of an epoch may have fewer.
        seed: whole number that fixes order and binarization.
        first_epoch: the epoch to begin with, counted from 0.
        binarization: `"dynamic"` draws every value again in each epoch, with the grey level as the
            probability (as in Burda et al., 2015, arXiv 1509.00519); `"fixed"` and `"none"` leave
            the examples unchanged.
        first_step: the batch of that epoch to begin with, counted from 0.
        bucket: whether sequences of similar length come together, in batches as long as their
            longest sequence.
        with_labels: whether each batch is `(x, y)`.
        target: the target of each example, an array, sparse matrix or `Mixture` of as many rows; a
            batch then has `(x, target)` for x.
        strategy: the `tf.distribute` strategy of the model, which decides which shards each worker
            reads; None for one process.
        together: number of batches that come as one element, for dense examples in memory; the
            last element of an epoch may have fewer.

    Returns:
        `tf.data.Dataset` of `(B, ...)` in the type of x, of `tf.SparseTensor`s of float32, or of
        dicts of padded sequences, or of pairs of these and class numbers `(B,)`; a distributed one
        if workers read shards of their own.
    """
    if not isinstance(split, Split):
        return split.batches(
            batch_size, seed, first_epoch, binarization, first_step, with_labels, strategy
        )
    gather = row_gatherer(split.x)
    labels = None if split.y is None else tf.constant(split.y)
    gather_target = None if target is None else target_gatherer(target)
    lengths = None if split.lengths is None else tf.constant(split.lengths, tf.int64)
    bucket = bucket and lengths is not None
    indices = tf.range(split.size, dtype=tf.int64)

    def epoch_batches(epoch):
        epoch_seed = tf.stack([tf.constant(seed, tf.int64), epoch])
        order = tf.random.experimental.stateless_shuffle(indices, seed=epoch_seed)
        starts = tf.range(0, split.size, batch_size, dtype=tf.int64)
        if bucket:
            order = like_lengths_together(order, lengths, batch_size)
            starts = tf.random.experimental.stateless_shuffle(starts, seed=epoch_seed)

        def rows_from(start):
            return order[start : start + batch_size]

        def batch(step, rows):
            values = gather(rows)
            if binarization == "dynamic":
                values = draw_binary(values, epoch_seed, step)
            if lengths is not None:
                values = {"x": values, "lengths": tf.gather(lengths, rows)}
                values = trim(values) if bucket else values
            if gather_target:
                values = values, gather_target(rows)
            if with_labels or gather_target:
                return values, tf.gather(labels, rows)
            return values

        batches = tf.data.Dataset.from_tensor_slices(starts).map(rows_from).enumerate()
        skipped = tf.where(epoch == first_epoch, tf.constant(first_step, tf.int64), 0)
        batches = batches.skip(skipped).map(batch)
        return batches if together == 1 else batches.rebatch(together * batch_size)

    return without_end(first_epoch, epoch_batches)


def draw_binary(values: Tensor, epoch_seed: Tensor, step: Tensor) -> Tensor:
    """Draws zeros and ones with the grey levels as probabilities, from the seed and the step."""
    step_seed = tf.random.fold_in(epoch_seed, step)
    noise = tf.random.stateless_uniform(tf.shape(values), seed=step_seed)
    return tf.cast(noise < values, tf.float32)


def without_end(
    first_epoch: int, epoch_batches: Callable[[Tensor], tf.data.Dataset]
) -> tf.data.Dataset:
    """Chains the batches of all epochs, prepared ahead.

    The dataset says that it has no end: otherwise many workers ask each other in every step.

    Args:
        first_epoch: the epoch to begin with.
        epoch_batches: function from the number of an epoch to its `tf.data.Dataset`.
    """
    epoch_batches = tf.autograph.experimental.do_not_convert(epoch_batches)
    batches = tf.data.Dataset.range(first_epoch, tf.int64.max).flat_map(epoch_batches)
    endless = tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)
    return prepare_ahead(batches.apply(endless))
