"""Batches instead of the arrays that users give to `fit`, `evaluate` and `predict`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops, tree

from keras_vrae import sequences

if TYPE_CHECKING:
    from keras_vrae.backend.model import TrainedByKeras

DATA = ("x", "y", "sample_weight")
LEFT_TO_KERAS = ("steps", "steps_per_epoch", "class_weight", "validation_split")
KERAS_BATCH_SIZE = 32
MAX_GROUP_BYTES = 2**25  # Of a group of batches; three such groups are in memory at a time.


def feed_arrays(
    model: TrainedByKeras,
    arguments: dict[str, Any],
    steps_per_call: int | None = None,
    endless: bool = False,
) -> int:
    """Replaces the arrays among the arguments of a Keras method by batches.

    Data that are not plain arrays of one length, and arrays that come with class weights or a
    number of steps, stay as they are.

    Args:
        model: the model whose method it is; its `array_batches` makes the batches.
        arguments: those of `fit`, `evaluate` or `predict` by name; changed in place.
        steps_per_call: of `fit`, whose batches are shuffled unless an argument says otherwise; so
            many of them come in one group, without end, unless that would be very large, or of
            sparse rows. None for the other methods.
        endless: whether batches of `fit` that come one by one go on without end, too.

    Returns:
        Number of batches in a group; 0 if the data stay as they are.
    """
    arrays = tuple(arguments.get(name) for name in DATA)
    shuffle = arguments.get("shuffle", steps_per_call is not None)
    left, size = any(arguments.get(name) for name in LEFT_TO_KERAS), common_length(arrays)
    if left or not isinstance(shuffle, bool) or size is None:
        return 0
    batch_size = arguments.pop("batch_size", None) or KERAS_BATCH_SIZE
    for name in DATA:
        arguments.pop(name, None)
    if shuffle:
        arguments["shuffle"] = False  # Keras warns that it does not shuffle a dataset.
    group = model.batches_in_group(arrays, batch_size, steps_per_call or 1)
    endless = endless or group > 1
    arguments["x"] = model.array_batches(
        *arrays,
        batch_size=group * batch_size,
        shuffle=shuffle,
        endless=endless,
        keep_float64=model.keeps_float64,
    )
    if endless:
        arguments["steps_per_epoch"] = math.ceil(size / batch_size)
    return group


def common_length(arrays: Any) -> int | None:
    """Returns the number of rows of arrays that have equally many, or None for anything else.

    Args:
        arrays: a structure of arrays, tensors, sparse matrices of SciPy, and None.
    """
    leaves = [leaf for leaf in tree.flatten(arrays) if leaf is not None]
    if not all(isinstance(leaf, np.ndarray) or _is_tensor_or_sparse(leaf) for leaf in leaves):
        return None
    lengths = {leaf.shape[0] if leaf.shape else None for leaf in leaves}
    return lengths.pop() if len(lengths) == 1 else None


def _is_tensor_or_sparse(array):
    # One `tf.SparseTensor` cannot be cut up.
    whole = hasattr(array, "dense_shape")
    return sequences.is_sparse(array) or (ops.is_tensor(array) and not whole)


def batches_in_group(wanted: int, batch_size: int, arrays: Any) -> int:
    """`wanted`, or 1 if so many batches would be very large, or are of sparse rows."""
    sparse = any(map(sequences.is_sparse, tree.flatten(arrays)))
    large = wanted * batch_size * row_bytes(arrays) > MAX_GROUP_BYTES
    return 1 if sparse or large else wanted


def row_bytes(arrays: Any) -> int:
    """Bytes of a row of arrays, as they come in batches."""
    leaves = [leaf for leaf in tree.flatten(arrays) if leaf is not None]
    return sum(4 * math.prod(leaf.shape[1:]) for leaf in leaves)


def split_off_validation(arguments: dict[str, Any]) -> None:
    """Turns `validation_split` among the arguments of `fit` into `validation_data`, as Keras does.

    If that leaves one side empty, or the data are not arrays, the error is left to Keras.
    """
    arrays = tuple(arguments.get(name) for name in DATA)
    size = common_length(arrays)
    kept = math.floor((size or 0) * (1 - arguments["validation_split"]))
    if not 0 < kept < (size or 0):
        return
    del arguments["validation_split"]
    arguments.update(zip(DATA, _rows(arrays, slice(kept)), strict=True))
    held_out = _rows(arrays, slice(kept, None))
    arguments["validation_data"] = keras.utils.pack_x_y_sample_weight(*held_out)


def _rows(arrays, part):
    return tree.map_structure(lambda array: array if array is None else array[part], arrays)
