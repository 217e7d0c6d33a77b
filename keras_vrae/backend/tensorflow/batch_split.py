"""A batch cut in shards that are computed side by side, one on each core."""

import itertools

import tensorflow as tf

from keras_vrae.backend.tensorflow.threads import available_cores

MAX_SHARDS = 4  # Products lose speed where a batch is cut in thinner slices.


def shard_count():
    """Into how many shards to cut a batch: as many as the operations that can run at a time."""
    threads = tf.config.threading.get_inter_op_parallelism_threads()
    cores = available_cores()
    return min(MAX_SHARDS, cores, threads or cores)


def shard_sizes(size, count):
    """Sizes, as a list of scalar tensors, of `count` shards of an axis of length `size`."""
    ends = [size * number // count for number in range(count + 1)]
    return [end - start for start, end in itertools.pairwise(ends)]


def in_shards(function, x):
    """Applies a function of rows to x, in shards where that is faster; the result is the same.

    It is faster where an operation has one thread, see
    `keras_vrae.backend.tensorflow.threads.one_thread_per_operation`. Elsewhere the operations share the cores out.

    Args:
        function: takes a tensor `(B, F)` and returns one whose row i depends on its row i alone.
        x: tensor `(B, F)`.

    Returns:
        `function(x)`, up to rounding.
    """
    alone = tf.config.threading.get_intra_op_parallelism_threads() != 1
    count = shard_count()
    if alone or count == 1 or not tf.is_tensor(x):
        return function(x)
    return tf.concat(
        [function(part) for part in tf.split(x, shard_sizes(tf.shape(x)[0], count))], 0
    )
