"""Time series in a NumPy archive."""

import zipfile
import zlib

import numpy as np

from keras_vrae.datasets.series.preparation import Series
from keras_vrae.validation import DataError

NAMES = ("x", "lengths", "y", "x_test", "lengths_test", "y_test")


def read_npz(path):
    """Reads an `.npz` file.

    Its arrays are `x` `(N, T, D)`, or `(N, T)` of one channel; optionally `lengths` `(N,)` and the
    classes `y` `(N,)`; and the same with `_test` for a test part. NaN is a missing value.

    Returns:
        `Series`.

    Raises:
        DataError: for a damaged file, or arrays that do not fit each other.
    """
    try:
        # NumPy leaves a damaged file open that it has opened itself.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in NAMES if name in archive}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, RuntimeError, zlib.error) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    if "x" not in arrays:
        raise DataError(f"{path} must hold an array `x`. Received: none of that name")
    values, labels, tests = [], [], []
    for part in ("", "_test"):
        if f"x{part}" in arrays:
            found = _parse_part(path, part, arrays)
            values += found[0]
            labels += found[1]
            tests += [bool(part)] * len(found[0])
    labelled = "y" in arrays
    return Series(values, labels if labelled else None, tests if "x_test" in arrays else None)


def _parse_part(path, part, arrays):
    x = arrays[f"x{part}"]
    if x.ndim not in (2, 3) or x.dtype.kind not in "buif" or not x.size:
        raise DataError(
            f"{path}: `x{part}` must be numbers of shape (series, steps, channels) or "
            f"(series, steps). Received: {x.dtype} of shape {x.shape}"
        )
    x = x[:, :, np.newaxis] if x.ndim == 2 else x
    lengths = arrays.get(f"lengths{part}", np.full(len(x), x.shape[1]))
    y = arrays.get(f"y{part}", np.zeros(len(x), int))
    for name, array in ((f"lengths{part}", lengths), (f"y{part}", y)):
        if array.shape != (len(x),):
            raise DataError(
                f"{path}: `{name}` must have one value for each of {len(x)} series. "
                f"Received: shape {array.shape}"
            )
    wrong = np.flatnonzero(~((lengths >= 1) & (lengths <= x.shape[1])))
    if len(wrong):
        raise DataError(
            f"{path}: `lengths{part}` must be from 1 to {x.shape[1]}, the steps of `x{part}`. "
            f"Received: lengths{part}[{wrong[0]}]={lengths[wrong[0]]}"
        )
    return [row[:length] for row, length in zip(x, lengths.astype(int), strict=True)], y.tolist()
