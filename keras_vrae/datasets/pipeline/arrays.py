"""Batches of a part of a data set for evaluation."""

from keras_vrae.backend.tensorflow.batches import array_batches
from keras_vrae.datasets.pipeline.buckets import trim
from keras_vrae.datasets.splits import Split


def evaluation_batches(split, batch_size, bucket=False, with_labels=False):
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
