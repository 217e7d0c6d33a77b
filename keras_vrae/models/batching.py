"""A function of one batch, compiled once and applied to whole arrays."""

import keras
import numpy as np
import tensorflow as tf
from keras import tree

from keras_vrae.rows import is_sparse
from keras_vrae.sequences import num_rows, take
from keras_vrae.validation import check_int


def over_batches(function, row_shape):
    """Compiles `function` and returns it as a function of whole arrays.

    Args:
        function: takes a float32 tensor `(B, *row_shape)`, or a dict of such, and returns tensors
            whose first axis is B, or tuples of such.
        row_shape: shape of one row, or a dict of shapes.

    Returns:
        A function of `(array, batch_size, verbose=0)`, for arrays, sparse matrices of SciPy and
        parts of a data set in shards, that gives NumPy arrays of their length; with `verbose=1` it
        shows how far it is.
    """
    named = isinstance(row_shape, dict)
    shapes = row_shape if named else {"": row_shape}
    specs = {name: tf.TensorSpec((None, *shape), "float32") for name, shape in shapes.items()}
    compiled = tf.function(function, input_signature=[specs if named else specs[""]])

    def apply(array, batch_size, verbose=0):
        batch_size = check_int("batch_size", batch_size)
        rows, parts = rows_in_batches(array, batch_size)
        bar = keras.utils.Progbar(rows, verbose=verbose)
        batches = []
        for part in parts:
            batches.append(compiled(part))
            bar.update(min(len(batches) * batch_size, rows))
        return tree.map_structure(lambda *parts: np.concatenate(parts), *batches)

    return apply


def rows_in_batches(array, batch_size):
    """Number of rows, and an iterable of them in batches, float32."""
    if hasattr(array, "in_batches"):
        return array.size, array.in_batches(batch_size)
    if is_sparse(array):
        array = array.tocsr()
    else:
        array = tree.map_structure(lambda part: np.asarray(part, "float32"), array)
    rows = num_rows(array)
    return rows, (
        take(array, slice(start, start + batch_size)) for start in range(0, rows, batch_size)
    )
