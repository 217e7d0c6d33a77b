"""Batches of arrays, as a `tf.data.Dataset` that ends."""

import math
from collections.abc import Callable
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf
from keras import ops, tree

from keras_vrae.backend.feeding import common_length
from keras_vrae.sequences import is_sparse
from keras_vrae.types import Tensor


def array_batches(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    batch_size: int,
    shuffle: bool = False,
    endless: bool = False,
    keep_float64: bool = True,
) -> tf.data.Dataset:
    """Makes batches of the rows of arrays, each row once.

    Args:
        x: an array, or a structure of arrays, whose first axis is the examples; a sparse matrix of
            SciPy comes as `tf.SparseTensor`s.
        y: the same for labels, or None.
        sample_weight: `(N,)`, or None.
        batch_size: examples in a batch; the last one may have fewer.
        shuffle: whether each pass draws an order of its own, which `keras.utils.set_random_seed`
            fixes.
        endless: whether pass after pass follows, without end.
        keep_float64: whether float64 in x and y stays, so that a model can standardize in it.

    Returns:
        `tf.data.Dataset` of x, `(x, y)` or `(x, y, sample_weight)`; floating-point values have
        Keras's default precision, or float64 if that is kept. The data stay in memory.
    """
    if sample_weight is not None:
        sample_weight = ops.convert_to_tensor(sample_weight, keras.config.floatx())
    data = keras.utils.pack_x_y_sample_weight(x, y, sample_weight)
    size = cast(int, common_length(data))
    gatherers = tree.map_structure(_gatherer, data)
    sparse = any(map(is_sparse, tree.flatten(data)))
    data = tree.map_structure(lambda array: _as_tensor(array, keep_float64), data)
    if not shuffle and not sparse:
        # Without a function to prepare, a pass over the data begins in a tenth of the time.
        batches = prepare_ahead(tf.data.Dataset.from_tensor_slices(data).batch(batch_size))
        return batches.repeat() if endless else batches
    seeds = tf.data.Dataset.from_tensors(tf.zeros(2, tf.int64))
    if shuffle:  # Only then, as each such dataset moves the seeds of what is drawn later.
        seeds = tf.data.Dataset.random(rerandomize_each_iteration=True).take(2).batch(2)

    @tf.autograph.experimental.do_not_convert
    def batches_of_rows(seed):
        rows = tf.range(size, dtype=tf.int64)
        if shuffle:
            rows = tf.random.experimental.stateless_shuffle(rows, seed)
        return tf.data.Dataset.from_tensor_slices(rows).batch(batch_size)

    @tf.autograph.experimental.do_not_convert
    def take(rows, data):
        return tree.map_structure(lambda gather, array: gather(array, rows), gatherers, data)

    # Data that a function holds stay in memory until Python collects cycles; these do not.
    batches = tf.data.Dataset.zip(
        seeds.flat_map(batches_of_rows), tf.data.Dataset.from_tensors(data).repeat()
    ).map(take)
    steps = math.ceil(size / batch_size)
    batches = prepare_ahead(batches.apply(tf.data.experimental.assert_cardinality(steps)))
    return batches.repeat() if endless else batches


def _gatherer(array):
    """Returns a function that takes rows out of the tensor of an array."""
    if not is_sparse(array):
        return tf.gather
    gather = row_gatherer(array)
    return lambda _, rows: gather(rows)


def _as_tensor(array, keep_float64):
    if is_sparse(array):
        return tf.zeros(0)  # Its gatherer holds the data.
    dtype = keras.backend.standardize_dtype(array.dtype)
    if keras.backend.is_float_dtype(dtype) and not (keep_float64 and dtype == "float64"):
        dtype = keras.config.floatx()
    return ops.convert_to_tensor(array, dtype)


def prepare_ahead(batches: tf.data.Dataset) -> tf.data.Dataset:
    """Prepares two batches of a dataset ahead, without an autotuner.

    The autotuner of tf.data sleeps for 10 ms, 20 ms, 40 ms ... and an iterator cannot end before it
    wakes up, so that an epoch of three seconds would last five.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    # Rewriting gains nothing here, and would copy the data that a function of a map holds.
    options.experimental_optimization.apply_default_optimizations = False
    # Each worker of a cluster can take its part of data in memory.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return batches.prefetch(2).with_options(options)


# SciPy takes out rows in a tenth of the time of TensorFlow's ragged and scattering operations.


def row_gatherer(x: Any) -> Callable[[Tensor], Tensor]:
    """Returns a function from row numbers to those rows of x.

    Args:
        x: array `(N, ...)`, whose rows come as a tensor of its type, or a sparse matrix `(N, F)` of
            SciPy, whose rows come as a `tf.SparseTensor` of float32. It stays in memory.
    """
    if not is_sparse(x):
        values = tf.constant(x)
        return lambda rows: tf.gather(values, rows)
    x = x.tocsr()
    if not x.has_canonical_format:
        x = x.copy()
        x.sum_duplicates()

    def take(rows):
        part = x[rows]
        to = np.repeat(np.arange(len(rows)), np.diff(part.indptr))
        places = np.column_stack([to, part.indices.astype("int64")])
        return places, part.data.astype("float32", copy=False)

    def gather(rows):
        types = tf.int64, tf.float32
        places, values = tf.numpy_function(take, [rows], types, stateful=False)
        shape = tf.stack([tf.size(rows, tf.int64), x.shape[1]])
        return tf.SparseTensor(tf.ensure_shape(places, (None, 2)), values, shape)

    return gather
