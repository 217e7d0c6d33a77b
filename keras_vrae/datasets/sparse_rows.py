"""Rows of a sparse matrix as dense tensors, a batch at a time, inside a graph."""

import numpy as np
import tensorflow as tf

from keras_vrae.datasets.targets import Mixture
from keras_vrae.rows import is_sparse


def row_gatherer(x):
    """A function from row numbers to those rows of x as a float32 tensor.

    Args:
        x: array `(N, ...)`, a sparse matrix `(N, F)` of SciPy, or a `Mixture` of its rows. It stays
            in memory as it is; the zeros of a sparse one are filled in for a batch alone.
    """
    if isinstance(x, Mixture):
        return _mixture_gatherer(x)
    if not is_sparse(x):
        values = tf.constant(x)
        return lambda rows: tf.gather(values, rows)
    add = _row_adder(x)

    def gather(rows):
        count = tf.size(rows)
        return add(rows, tf.range(count), count)

    return gather


def _mixture_gatherer(mixture):
    add = _row_adder(mixture.own)
    if mixture.neighbours is None:
        return lambda rows: add(rows, tf.range(tf.size(rows)), tf.size(rows))
    neighbours = tf.constant(mixture.neighbours)
    count, share = mixture.neighbours.shape[1], mixture.share

    def gather(rows):
        size = tf.size(rows)
        own = add(rows, tf.range(size), size)
        near = tf.reshape(tf.gather(neighbours, rows), (-1,))
        others = add(near, tf.repeat(tf.range(size), count), size)
        return (1 - share) * own + (share / count) * others

    return gather


def _row_adder(x):
    """A function that adds rows of a sparse matrix up: `(rows, places, size)` to `(size, F)`."""
    x = x.tocsr()
    starts = tf.constant(x.indptr.astype("int64"))
    columns = tf.constant(x.indices.astype("int32"))
    values = tf.constant(np.asarray(x.data, "float32"))
    width = x.shape[1]

    def add(rows, places, size):
        stored = tf.ragged.range(tf.gather(starts, rows), tf.gather(starts, rows + 1))
        to = tf.gather(tf.cast(places, tf.int32), stored.value_rowids())
        cells = tf.stack([to, tf.gather(columns, stored.values)], axis=1)
        dense = tf.scatter_nd(cells, tf.gather(values, stored.values), (size, width))
        return tf.ensure_shape(dense, (None, width))

    return add
