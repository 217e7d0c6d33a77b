"""Batches of arrays, as a `tf.data.Dataset` that ends."""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import ops, tree

from keras_vrae.datasets.pipeline.buckets import trim
from keras_vrae.datasets.pipeline.sparse_rows import row_gatherer
from keras_vrae.datasets.splits import Split
from keras_vrae.sequences import is_sparse


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


def common_length(arrays):
    """Returns the number of rows of arrays that have equally many, or None for anything else.

    Args:
        arrays: a structure of arrays, tensors, sparse matrices of SciPy, and None.
    """
    leaves = [leaf for leaf in tree.flatten(arrays) if leaf is not None]
    if not all(isinstance(leaf, np.ndarray) or _is_tensor_or_sparse(leaf) for leaf in leaves):
        return None
    lengths = {leaf.shape[0] if leaf.shape else None for leaf in leaves}
    return lengths.pop() if len(lengths) == 1 else None


def array_batches(x, y=None, sample_weight=None, *, batch_size, shuffle=False):
    """Makes batches of the rows of arrays, each row once.

    Args:
        x: an array, or a structure of arrays, whose first axis is the examples; a sparse matrix of
            SciPy comes as `tf.SparseTensor`s.
        y: the same for labels, or None.
        sample_weight: `(N,)`, or None.
        batch_size: examples in a batch; the last one may have fewer.
        shuffle: whether each pass draws an order of its own, which `keras.utils.set_random_seed`
            fixes.

    Returns:
        `tf.data.Dataset` of x, `(x, y)` or `(x, y, sample_weight)`. float64 in x and y is kept, so
        that a model can standardize in it; other floating-point values have Keras's default
        precision. The data stay in memory.
    """
    if sample_weight is not None:
        sample_weight = ops.convert_to_tensor(sample_weight, keras.config.floatx())
    data = keras.utils.pack_x_y_sample_weight(x, y, sample_weight)
    size = common_length(data)
    gatherers, data = (tree.map_structure(of, data) for of in (_gatherer, _as_tensor))
    seeds = tf.data.Dataset.random(rerandomize_each_iteration=True).take(2).batch(2)

    def batches_of_rows(seed):
        rows = tf.range(size, dtype=tf.int64)
        if shuffle:
            rows = tf.random.experimental.stateless_shuffle(rows, seed)
        return tf.data.Dataset.from_tensor_slices(rows).batch(batch_size)

    def take(rows, data):
        return tree.map_structure(lambda gather, array: gather(array, rows), gatherers, data)

    # Data that a function holds stay in memory until Python collects cycles; these do not.
    batches = tf.data.Dataset.zip(
        seeds.flat_map(batches_of_rows), tf.data.Dataset.from_tensors(data).repeat()
    ).map(take)
    steps = math.ceil(size / batch_size)
    return prepare_ahead(batches.apply(tf.data.experimental.assert_cardinality(steps)))


def _is_tensor_or_sparse(array):
    # One `tf.SparseTensor` cannot be cut up.
    return is_sparse(array) or (ops.is_tensor(array) and not isinstance(array, tf.SparseTensor))


def _gatherer(array):
    """Returns a function that takes rows out of the tensor of an array."""
    if not is_sparse(array):
        return tf.gather
    gather = row_gatherer(array)
    return lambda _, rows: gather(rows)


def _as_tensor(array):
    if is_sparse(array):
        return tf.zeros(0)  # Its gatherer holds the data.
    dtype = keras.backend.standardize_dtype(array.dtype)
    if keras.backend.is_float_dtype(dtype) and dtype != "float64":
        dtype = keras.config.floatx()
    return ops.convert_to_tensor(array, dtype)


def prepare_ahead(batches):
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
