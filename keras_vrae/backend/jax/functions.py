"""A function of one batch, compiled once and applied to whole arrays."""

from collections.abc import Callable, Iterable
from typing import Any

import jax
import keras
import numpy as np
from keras import tree

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
    """Compiles `function` and returns it as a function of whole arrays.

    Args:
        function: takes a tensor `(B, *row_shape)`, or a dict of such, and returns tensors whose
            first axis is B, or tuples of such.
        row_shape: shape of one row, or a dict of shapes; JAX finds it in the rows.
        together: the most batches to work on in a call. JAX gains nothing by it.
        dtype: type of the tensors that `function` takes; JAX has float32 alone.
        variables: all variables that `function` reads or changes.
        wide: nothing depends on it here.
        as_one: nothing depends on it here.

    Returns:
        A function of `(array, batch_size, verbose=0)` that gives NumPy arrays of their length; with
        `verbose=1` it shows its progress.
    """
    variables = list(variables)
    changed: list[int] = []

    @jax.jit
    def compute(values, rows):
        with keras.StatelessScope(zip(variables, values, strict=True)) as scope:
            results = function(rows)
        found = [scope.get_current_value(variable) for variable in variables]
        changed[:] = [n for n, value in enumerate(found) if value is not values[n]]
        return results, [found[n] for n in changed]

    def apply(array, batch_size, verbose=0):
        batch_size = check_int("batch_size", batch_size)
        size, parts = rows_in_batches(array, batch_size, "float32")
        bar = keras.utils.Progbar(size, verbose=verbose)
        results = []
        for part in parts:
            rows = num_rows(part)
            whole, after = compute([v.value for v in variables], padded(part, rows, batch_size))
            for number, value in zip(changed, after, strict=True):
                variables[number].assign(value)
            results.append(tree.map_structure(lambda result, n=rows: np.asarray(result)[:n], whole))
            bar.add(rows)
        return tree.map_structure(lambda *parts: np.concatenate(parts), *results)

    return apply


def padded(part: Any, rows: int, batch_size: int) -> Any:
    """Rows repeated up to a power of two, or a whole batch, so that few sizes are compiled."""
    size = min(batch_size, 1 << (rows - 1).bit_length())
    if size == rows:
        return part
    numbers = np.minimum(np.arange(size), rows - 1)
    return tree.map_structure(lambda values: values[numbers], part)
