"""Batches of sequences of like length, so that little of their arrays is padding."""

import tensorflow as tf

BATCHES_IN_BLOCK = 50


def like_lengths_together(order, lengths, batch_size):
    """Sorts a random order by length, within blocks of 50 batches.

    What comes together in a batch still changes with the order.

    Args:
        order: numbers of the sequences in a random order, `(N,)`.
        lengths: how many steps each has, `(N,)` by its number.
        batch_size: sequences in a batch.

    Returns:
        The numbers in another order, each once.
    """
    places = tf.range(tf.size(order, tf.int64))
    block = places // (BATCHES_IN_BLOCK * batch_size)
    keys = block * (tf.reduce_max(lengths) + 1) + tf.gather(lengths, order)
    return tf.gather(order, tf.argsort(keys, stable=True))


def trim(padded):
    """Cuts what is padding in all sequences of a batch `{"x": ..., "lengths": ...}`."""
    longest = tf.reduce_max(padded["lengths"])
    return {**padded, "x": padded["x"][:, :longest]}
