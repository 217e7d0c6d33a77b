"""Examples as users pass them: arrays, sparse matrices, and sequences of unequal length.

Sequences of unequal length are padded to one array and travel with their lengths as a dict
`{"x": (N, T, ...), "lengths": (N,)}`, which is one input to Keras and `tf.data`. The values of x
after the last valid step are never used.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from keras_vrae.types import Examples, Shape, Tensor
from keras_vrae.validation import SettingError, complaint

__all__ = ["blank", "mask_of", "pad"]  # Of use to parts of your own.

KEYS = ("x", "lengths")
MOST_NAMES = 8  # Of columns, in messages.


def pad(sequences: Sequence[ArrayLike], steps: int | None = None) -> dict[str, np.ndarray]:
    """Puts sequences of unequal length into one array, with zeros after their ends.

    Args:
        sequences: arrays `(T_n, ...)`, each of one step or more, that differ in length alone.
        steps: T, at least the longest length, which it is if None.

    Returns:
        `{"x": (N, T, ...), "lengths": (N,) int64}`; x is float32, or float64 if a sequence is.

    Raises:
        SettingError: for an empty list, an empty sequence, or sequences of different shapes.

    Example:
        >>> keras_vrae.sequences.pad([[1.0, 2.0], [3.0]])["x"].tolist()
        [[1.0, 2.0], [3.0, 0.0]]
    """
    arrays = [np.asarray(sequence) for sequence in sequences]
    shapes = [array.shape for array in arrays]
    fit = {shape[1:] for shape in shapes}
    if len(fit) != 1 or not all(shape and shape[0] for shape in shapes):
        expected = "one or more arrays (steps, ...) of one step or more that differ in steps only"
        raise SettingError(complaint("sequences", expected, sorted(set(shapes))[:5], of=" shapes"))
    lengths = np.array([len(array) for array in arrays], "int64")
    longest = int(lengths.max())
    steps = longest if steps is None else steps
    if steps < longest:
        raise SettingError(complaint("steps", f"{longest} or more, the longest length", steps))
    double = any(isinstance(s, np.ndarray) and s.dtype == "float64" for s in sequences)
    x = np.zeros((len(arrays), steps, *fit.pop()), "float64" if double else "float32")
    for row, array in zip(x, arrays, strict=True):
        row[: len(array)] = array
    return {"x": x, "lengths": lengths}


def as_inputs(x: Examples, event_shape: Sequence[int | None]) -> Any:
    """Returns examples in the form in which a model works on them.

    This is the one place where lists, tables and series of one channel become arrays:

    - a list of arrays, or of DataFrames, is one array if all have one shape, and is padded
      otherwise, at least to the first size of `event_shape`;
    - of a DataFrame each row is an example, whose values are in the order of the columns;
    - of what `keras_vrae.datasets` gives, `Series` and `Split`, the examples are taken;
    - examples `(N, T)` are `(N, T, 1)` to a model of examples `(T, 1)`.

    Everything else, such as a `tf.data.Dataset`, comes back as it is.

    Args:
        x: examples in any form.
        event_shape: shape of one example.

    Raises:
        SettingError: for a DataFrame with other values than numbers, and one whose rows cannot be
            examples of this shape.

    Example:
        >>> as_inputs([[1.0, 2.0], [3.0]], (None, 1))["x"].shape
        (2, 2, 1)
    """
    if is_part(x):
        x = x.inputs
    if is_frame(x):
        x = _rows_of(x, event_shape)
    elif isinstance(x, list):
        x = _stacked([_values_of(row) if is_frame(row) else row for row in x], event_shape)
    if is_padded(x):
        one_more = {name: _with_channel(x[name], event_shape) for name in ("x",) if name in x}
        return {**x, **one_more}
    return _with_channel(x, event_shape)


def is_frame(x: object) -> bool:
    """Returns whether x is a DataFrame, of pandas, Polars or another such package."""
    return hasattr(x, "columns") and hasattr(x, "to_numpy")


def is_part(x: object) -> bool:
    """Returns whether x is a part of a data set, a `Split` or a `Series`."""
    return isinstance(x, tuple) and hasattr(x, "inputs")


def _values_of(frame):
    """The values of a DataFrame of numbers; a missing one is NaN."""
    try:
        return frame.to_numpy().astype("float64")
    except (TypeError, ValueError):
        expected = (
            "a DataFrame of numbers alone; keras_vrae.datasets.from_dataframe reads one with "
            "columns of ids, times or labels"
        )
        found = list(frame.columns)[:MOST_NAMES]
        raise SettingError(complaint("x", expected, found, of=".columns")) from None


def _rows_of(frame, event_shape):
    """The rows of a DataFrame as examples `(N, ...)` of this shape."""
    x = _values_of(frame)
    steps, *others = event_shape
    if steps not in (None, x.shape[1]) or any(size != 1 for size in others):
        expected = (
            f"a DataFrame with an example of shape {tuple(event_shape)} in each row; "
            "keras_vrae.datasets.from_dataframe reads one with a row for each time step"
        )
        raise SettingError(complaint("x", expected, x.shape, of=".shape"))
    return x


def _stacked(rows, event_shape):
    """One array of a list of examples, padded if lengths differ, or if all are too short."""
    steps = event_shape[0] or 0
    try:
        x = np.asarray(rows)
    except ValueError:  # NumPy refuses rows of unequal length.
        return pad(rows, max(steps, *map(len, rows)))
    is_short = len(event_shape) > 1 and x.ndim > 1 and 0 < x.shape[1] < steps
    return pad(rows, steps) if is_short else x


def _with_channel(x, event_shape):
    """`(N, T)` as `(N, T, 1)` if that is what examples are; everything else as it is."""
    shape = getattr(x, "shape", None)
    is_series = len(event_shape) == 2 and event_shape[1] == 1
    if is_series and shape is not None and len(shape) == 2 and not is_sparse(x):
        return x[..., None]
    return x


def is_padded(inputs: object) -> bool:
    """Returns whether these are padded sequences with their lengths."""
    # A sparse array of SciPy in the form of a dictionary of keys is a dict too.
    return isinstance(inputs, dict) and not is_sparse(inputs)


def array_of(inputs: Examples) -> Any:
    """Returns the array of examples: that of padded sequences, or the inputs themselves."""
    return inputs["x"] if is_padded(inputs) else inputs


def is_sparse(x: object) -> bool:
    """Returns whether x is a sparse array or matrix of SciPy."""
    return hasattr(x, "tocsr")


def dense_rows(x: Examples, rows: slice | Sequence[int] | np.ndarray) -> np.ndarray:
    """Some rows as a dense float32 array, without making a whole sparse matrix dense.

    Args:
        x: array `(N, ...)`, or a sparse matrix `(N, F)` of SciPy.
        rows: a slice, or whole numbers.

    Returns:
        NumPy array.

    Example:
        >>> dense_rows(np.array([[1, 2], [3, 4]]), slice(1, 2))
        array([[3., 4.]], dtype=float32)
    """
    part = x.tocsr()[rows].toarray() if is_sparse(x) else np.asarray(x)[rows]
    return np.asarray(part, "float32")


def mask_of(lengths: Tensor, steps: Tensor | int) -> Tensor:
    """Booleans `(B, T)`, True at the first `lengths[b]` of so many steps."""
    return ops.arange(steps) < ops.expand_dims(ops.cast(lengths, "int32"), -1)


def blank(values: Tensor, mask: Tensor) -> Tensor:
    """`values` of shape `(B, T, ...)` with zeros at the steps that a mask `(B, T)` leaves out."""
    mask = ops.reshape(mask, (*ops.shape(mask), *[1] * (len(values.shape) - 2)))
    return ops.where(mask, values, ops.zeros_like(values))


def row_shapes(inputs: Examples, event_shape: Sequence[int | None]) -> Shape | dict[str, Shape]:
    """The shape of one row of these inputs: a shape, or a dict of shapes."""
    return {"x": tuple(event_shape), "lengths": ()} if is_padded(inputs) else tuple(event_shape)


def num_rows(inputs: Examples) -> int:
    """Number of examples."""
    return array_of(inputs).shape[0]


def take(inputs: Examples, rows: slice | np.ndarray) -> np.ndarray | dict[str, np.ndarray]:
    """Some of the examples as dense arrays; `rows` is a slice or an array of whole numbers."""
    if not is_padded(inputs):
        return dense_rows(inputs, rows) if is_sparse(inputs) else inputs[rows]
    return {name: np.asarray(values)[rows] for name, values in inputs.items()}


def check_lengths(inputs: Mapping[str, Any]) -> None:
    """Raises `SettingError` unless these are padded sequences in the form of this module."""
    if set(inputs) != set(KEYS):
        expected = "a dict with `x` and `lengths` for padded sequences"
        raise SettingError(complaint("x", expected, sorted(map(str, inputs)), of=" with keys"))
    shape, lengths = np.shape(inputs["x"]), np.asarray(inputs["lengths"])
    if len(shape) < 2 or lengths.shape != shape[:1]:
        expected = f"one number for each of {shape[0] if shape else 0} sequences"
        raise SettingError(complaint("lengths", expected, lengths.shape, of=".shape"))
    steps = lengths.astype("int64") if lengths.dtype.kind in "buif" else np.zeros(1)
    wrong = np.flatnonzero((steps != lengths) | (steps < 1) | (steps > shape[1]))
    if len(wrong):
        expected = f"whole numbers from 1 to {shape[1]}, the steps of `x`"
        row = int(wrong[0])
        raise SettingError(complaint("lengths", expected, lengths.tolist()[row], of=f"[{row}]"))
