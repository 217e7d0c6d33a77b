"""Rows of arrays, dense or sparse, without ever making a whole sparse array dense."""

import numpy as np


def is_sparse(x):
    """Whether x is a sparse array or matrix of SciPy."""
    return hasattr(x, "tocsr")


def dense_rows(x, rows):
    """Some rows as a dense float32 array.

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
