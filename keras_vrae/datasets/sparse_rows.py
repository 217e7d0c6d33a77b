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
        return row_gatherer(x.own) if x.neighbours is None else _mixture_gatherer(x)
    if not is_sparse(x):
        values = tf.constant(x)
        return lambda rows: tf.gather(values, rows)
    x = x.tocsr()
    starts = tf.constant(x.indptr.astype("int64"))
    columns = tf.constant(x.indices.astype("int32"))
    values = tf.constant(np.asarray(x.data, "float32"))
    width = x.shape[1]

    def gather(rows):
        stored = tf.ragged.range(tf.gather(starts, rows), tf.gather(starts, rows + 1))
        to = tf.cast(stored.value_rowids(), tf.int32)
        cells = tf.stack([to, tf.gather(columns, stored.values)], axis=1)
        dense = tf.scatter_nd(cells, tf.gather(values, stored.values), (tf.size(rows), width))
        return tf.ensure_shape(dense, (None, width))

    return gather


def _mixture_gatherer(mixture):
    """The same for a document's own row and its neighbours', by one product of sparse matrices.

    SciPy takes a quarter of the time of TensorFlow's gathering and scattering.
    """
    from scipy import sparse

    own, width = mixture.own.tocsr(), mixture.own.shape[1]
    count = mixture.neighbours.shape[1]
    shares = np.array([1 - mixture.share] + [mixture.share / count] * count, "float32")

    def mix(rows):
        among = np.column_stack([rows, mixture.neighbours[rows]])
        starts = np.arange(0, among.size + 1, count + 1)
        weights = np.tile(shares, len(rows))
        shape = len(rows), own.shape[0]
        return (sparse.csr_matrix((weights, among.ravel(), starts), shape) @ own).toarray()

    def gather(rows):
        dense = tf.numpy_function(mix, [rows], tf.float32, stateful=False)
        return tf.ensure_shape(dense, (None, width))

    return gather
