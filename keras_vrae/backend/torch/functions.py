"""A function of one batch, applied to whole arrays."""

from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
import torch
from keras import ops, tree

from keras_vrae.backend.rows import rows_in_batches
from keras_vrae.sequences import num_rows
from keras_vrae.validation import check_int


def over_batches(
    function: Callable[[Any], Any],
    row_shape: Any,
    together: int = 1,
    dtype: str = "float32",
    variables: Iterable[keras.Variable] = (),
    wide: bool = False,
    as_one: bool = False,
) -> Callable[..., Any]:
    """Returns `function` as a function of whole arrays.

    Args:
        function: takes a tensor `(B, *row_shape)`, or a dict of such, and returns tensors whose
            first axis is B, or tuples of such.
        row_shape: shape of one row, or a dict of shapes; PyTorch finds it in the rows.
        together: the most batches to work on in a call. PyTorch gains nothing by it.
        dtype: type of the tensors that `function` takes.
        variables: those that `function` uses; PyTorch needs no list of them.
        wide: nothing depends on it here.
        as_one: nothing depends on it here.

    Returns:
        A function of `(array, batch_size, verbose=0)` that gives NumPy arrays of their length; with
        `verbose=1` it shows its progress.
    """

    def apply(array, batch_size, verbose=0):
        batch_size = check_int("batch_size", batch_size)
        size, parts = rows_in_batches(array, batch_size, dtype)
        bar = keras.utils.Progbar(size, verbose=verbose)
        results = []
        # `inference_mode` would leave the state of a generator unusable in training.
        with torch.no_grad():
            for part in parts:
                rows = tree.map_structure(ops.convert_to_tensor, part)
                results.append(tree.map_structure(ops.convert_to_numpy, function(rows)))
                bar.add(num_rows(part))
        return tree.map_structure(lambda *parts: np.concatenate(parts), *results)

    return apply
