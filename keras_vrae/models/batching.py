"""A function of one batch, compiled once and applied to whole arrays."""

import numpy as np
import tensorflow as tf
from keras import tree

from keras_vrae.validation import check_int


def over_batches(function, row_shape):
    """Compiles `function` and returns it as a function of whole arrays.

    Args:
        function: takes a float32 tensor `(B, *row_shape)` and returns tensors whose first axis is
            B, or tuples of such.
        row_shape: shape of one row.

    Returns:
        A function of `(array, batch_size)` that gives NumPy arrays of the array's length.
    """
    signature = [tf.TensorSpec((None, *row_shape), "float32")]
    compiled = tf.function(function, input_signature=signature)

    def apply(array, batch_size):
        array = np.asarray(array, "float32")
        batch_size = check_int("batch_size", batch_size)
        starts = range(0, len(array), batch_size)
        batches = [compiled(array[start : start + batch_size]) for start in starts]
        return tree.map_structure(lambda *parts: np.concatenate(parts), *batches)

    return apply
