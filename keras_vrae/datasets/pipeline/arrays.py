"""Batches of a part of a data set for evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_vrae.backend.tensorflow.batches import array_batches
from keras_vrae.datasets.pipeline.buckets import trim
from keras_vrae.datasets.splits import Split

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_vrae.datasets.tfrecord import ShardedSplit


def evaluation_batches(
    split: Split | ShardedSplit, batch_size: int, bucket: bool = False, with_labels: bool = False
) -> tf.data.Dataset:
    """Makes batches of the examples in the order of the split, once; `bucket` trims padding.

    With labels a batch is a pair of examples and class numbers.
    """
    if not isinstance(split, Split):
        batches = split.in_order(batch_size)
        return batches if with_labels else batches.map(lambda x, y: x)
    batches = array_batches(split.inputs, split.y if with_labels else None, batch_size=batch_size)
    if not bucket or split.lengths is None:
        return batches
    return batches.map((lambda x, y: (trim(x), y)) if with_labels else trim)
