"""Rows of the targets of documents as tensors, a batch at a time, inside a graph."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from keras_vrae.backend.tensorflow.batches import row_gatherer
from keras_vrae.datasets.text.targets import Mixture
from keras_vrae.sequences import is_sparse
from keras_vrae.types import Tensor


def target_gatherer(target: Any) -> Callable[[Tensor], Tensor]:
    """Returns a function from row numbers to those rows of a target as a dense tensor, float32.

    Args:
        target: array `(N, ...)`, a sparse matrix `(N, F)` of SciPy, or a `Mixture` of its rows.
    """
    if not isinstance(target, Mixture):
        if not is_sparse(target):
            return row_gatherer(target)
        target = Mixture(target)
    from scipy import sparse

    own, neighbours, share = target.own.tocsr(), target.neighbours, target.share

    def take(rows):
        if neighbours is None:
            return own[rows].toarray().astype("float32", copy=False)
        count = neighbours.shape[1]
        among = np.column_stack([rows, neighbours[rows]])
        starts = np.arange(0, among.size + 1, count + 1)
        shares = np.array([1 - share] + [share / count] * count, "float32")
        shape = len(rows), own.shape[0]
        mix = sparse.csr_matrix((np.tile(shares, len(rows)), among.ravel(), starts), shape)
        return (mix @ own).toarray()

    def gather(rows):
        dense = tf.numpy_function(take, [rows], tf.float32, stateful=False)
        return tf.ensure_shape(dense, (None, own.shape[1]))

    return gather
