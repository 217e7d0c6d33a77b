"""Batches of sequences of similar length, whose arrays are little padded."""

from collections.abc import Mapping

import tensorflow as tf

from keras_vrae.datasets.pipeline.in_numpy import FEWEST_BLOCKS, MOST_BATCHES_IN_BLOCK
from keras_vrae.types import Tensor


def like_lengths_together(order: Tensor, lengths: Tensor, batch_size: int) -> Tensor:
    """Sorts a random order by length, within blocks of up to 50 batches.

    The sequences of a batch still change with the order.

    Args:
        order: numbers of the sequences in a random order, `(N,)`.
        lengths: number of steps of each sequence, `(N,)`.
        batch_size: sequences in a batch.

    Returns:
        The same numbers in another order.
    """
    size = tf.size(order, tf.int64)
    batches = tf.clip_by_value(size // (FEWEST_BLOCKS * batch_size), 1, MOST_BATCHES_IN_BLOCK)
    block = tf.range(size) // (batches * batch_size)
    keys = block * (tf.reduce_max(lengths) + 1) + tf.gather(lengths, order)
    return tf.gather(order, tf.argsort(keys, stable=True))


@tf.autograph.experimental.do_not_convert
def trim(padded: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Cuts the steps that are padding in all sequences of a batch `{"x": ..., "lengths": ...}`."""
    longest = tf.reduce_max(padded["lengths"])
    return {**padded, "x": padded["x"][:, :longest]}
