"""Examples as users pass them: arrays, sparse matrices, and sequences of unequal length.

Sequences of unequal length are padded to one array and travel with their lengths as a dict
`{"x": (N, T, ...), "lengths": (N,)}`, which is one input to Keras and `tf.data`. The values of x
after the last valid step are never used.
"""

import numpy as np
from keras import ops

from keras_vrae.validation import SettingError, complaint

KEYS = ("x", "lengths")


def pad(sequences, steps=None):
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


def as_inputs(x, event_shape):
    """Returns examples with a list turned into an array, padded if lengths differ.

    Args:
        x: examples in any form.
        event_shape: shape of one example; a list is padded to its first size.
    """
    if not isinstance(x, list):
        return x
    try:
        return np.asarray(x)
    except ValueError:  # NumPy refuses rows of unequal length.
        longest = max(len(row) for row in x)
        return pad(x, max(longest, event_shape[0] or 0))


def is_padded(inputs):
    """Returns whether these are padded sequences with their lengths."""
    return isinstance(inputs, dict)


def array_of(inputs):
    """Returns the array of examples: that of padded sequences, or the inputs themselves."""
    return inputs["x"] if is_padded(inputs) else inputs


def is_sparse(x):
    """Returns whether x is a sparse array or matrix of SciPy."""
    return hasattr(x, "tocsr")


def dense_rows(x, rows):
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


def mask_of(lengths, steps):
    """Booleans `(B, T)`, True at the first `lengths[b]` of so many steps."""
    return ops.arange(steps) < ops.expand_dims(ops.cast(lengths, "int32"), -1)


def blank(values, mask):
    """`values` of shape `(B, T, ...)` with zeros at the steps that a mask `(B, T)` leaves out."""
    mask = ops.reshape(mask, (*ops.shape(mask), *[1] * (len(values.shape) - 2)))
    return ops.where(mask, values, ops.zeros_like(values))


def row_shapes(inputs, event_shape):
    """The shape of one row of these inputs: a shape, or a dict of shapes."""
    return {"x": tuple(event_shape), "lengths": ()} if is_padded(inputs) else tuple(event_shape)


def num_rows(inputs):
    """Number of examples."""
    return array_of(inputs).shape[0]


def take(inputs, rows):
    """Some of the examples as dense arrays; `rows` is a slice or an array of whole numbers."""
    if not is_padded(inputs):
        return dense_rows(inputs, rows) if is_sparse(inputs) else inputs[rows]
    return {name: np.asarray(values)[rows] for name, values in inputs.items()}


def check_lengths(inputs):
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
