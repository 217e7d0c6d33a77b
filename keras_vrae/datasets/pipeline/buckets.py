"""Batches of sequences of like length, so that little of their arrays is padding."""

import tensorflow as tf

# A data set is sorted in four blocks or more, so that what comes together changes between epochs.
FEWEST_BLOCKS, MOST_BATCHES_IN_BLOCK = 4, 50


def like_lengths_together(order, lengths, batch_size):
    """Sorts a random order by length, within blocks of up to 50 batches.

    What comes together in a batch still changes with the order.

    Args:
        order: numbers of the sequences in a random order, `(N,)`.
        lengths: how many steps each has, `(N,)` by its number.
        batch_size: sequences in a batch.

    Returns:
        The numbers in another order, each once.
    """
    size = tf.size(order, tf.int64)
    batches = tf.clip_by_value(size // (FEWEST_BLOCKS * batch_size), 1, MOST_BATCHES_IN_BLOCK)
    block = tf.range(size) // (batches * batch_size)
    keys = block * (tf.reduce_max(lengths) + 1) + tf.gather(lengths, order)
    return tf.gather(order, tf.argsort(keys, stable=True))


def trim(padded):
    """Cuts what is padding in all sequences of a batch `{"x": ..., "lengths": ...}`."""
    longest = tf.reduce_max(padded["lengths"])
    return {**padded, "x": padded["x"][:, :longest]}
