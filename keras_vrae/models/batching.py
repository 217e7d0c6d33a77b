"""A function of one batch, compiled once and applied to whole arrays."""

import keras
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
        A function of `(array, batch_size, verbose=0)` that gives NumPy arrays of the array's
        length; with `verbose=1` it shows how far it is.
    """
    signature = [tf.TensorSpec((None, *row_shape), "float32")]
    compiled = tf.function(function, input_signature=signature)

    def apply(array, batch_size, verbose=0):
        array = np.asarray(array, "float32")
        batch_size = check_int("batch_size", batch_size)
        bar = keras.utils.Progbar(len(array), verbose=verbose)
        batches = []
        for start in range(0, len(array), batch_size):
            batches.append(compiled(array[start : start + batch_size]))
            bar.update(min(start + batch_size, len(array)))
        return tree.map_structure(lambda *parts: np.concatenate(parts), *batches)

    return apply
