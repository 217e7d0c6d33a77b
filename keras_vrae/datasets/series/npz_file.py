"""Time series in a NumPy archive."""

import math
import os
import zipfile
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from keras_vrae.datasets.series.preparation import Series
from keras_vrae.datasets.tables import parse_label
from keras_vrae.validation import DataError

NAMES = ("x", "lengths", "y", "x_test", "lengths_test", "y_test")
NPY_MAGIC = b"\x93NUMPY"
READ_HEADER = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
# Bytes that one byte of a member can stand for.
MOST_OF_A_BYTE = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: 1032}


def read_npz(path: str | Path) -> Series:
    """Reads an `.npz` file.

    Its arrays are `x` `(N, T, D)`, or `(N, T)` of one channel; optionally `lengths` `(N,)` and the
    classes `y` `(N,)`; and the same with `_test` for a test part. NaN is a missing value. Classes
    are strings or whole numbers; -1, NaN and an empty string stand for no label, and so does a `y`
    that only the other part has. Arrays of other names are left out with a warning.

    Returns:
        `Series`.

    Raises:
        DataError: for a damaged file, or arrays that do not fit each other.
    """
    arrays, others = _read_arrays(path)
    for part in ("", "_test"):
        orphans = [name for name in (f"lengths{part}", f"y{part}") if name in arrays]
        if f"x{part}" not in arrays and (orphans or not part):
            raise DataError(
                f"{path} must hold an array `x{part}`. "
                f"Received: {', '.join([*arrays, *others][:20]) or 'an empty archive'}"
            )
    remarks = ()
    if others:
        expected = f"its arrays other than {', '.join(NAMES)}"
        remarks = (f"left out of {path}: {expected}: {', '.join(others[:20])}",)
    parts = [part for part in ("", "_test") if f"x{part}" in arrays]
    labelled = "y" in arrays or "y_test" in arrays
    values, labels, tests = [], [], []
    for part in parts:
        found = _parse_part(path, part, arrays)
        values += found
        labels += _parse_labels(path, f"y{part}", arrays, len(found))
        tests += [bool(part)] * len(found)
    tests = tests if len(parts) > 1 else None
    return Series(values, labels if labelled else None, tests, remarks=remarks)


def _read_arrays(path):
    """Returns a dict of the arrays of known names, and a list of all other names."""
    try:
        with open(path, "rb") as file:
            if file.read(len(NPY_MAGIC)) == NPY_MAGIC:
                raise DataError(
                    f"{path} must be an archive of arrays, as numpy.savez(path, x=array) writes "
                    "it. Received: a single array, as numpy.save writes it"
                )
            with zipfile.ZipFile(file) as archive:
                members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
                arrays = {
                    name: _read_member(path, name, archive, members[name])
                    for name in NAMES
                    if name in members
                }
    except DataError:
        raise
    except Exception as error:  # zipfile and NumPy's parser of headers raise a dozen kinds.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path} cannot be read: {reason}") from None
    return arrays, sorted(members.keys() - set(NAMES))


def _read_member(path, name, archive, info):
    """Reads one array; a size that the file cannot hold is refused before memory is taken."""
    with archive.open(info) as member:
        start = member.read(len(NPY_MAGIC))
    if start != NPY_MAGIC:
        raise DataError(
            f"{path}: `{name}` must be an array, as numpy.savez writes it. "
            f"Received: a file that begins with {start!r}"
        )
    with archive.open(info) as member:
        shape, _, dtype = READ_HEADER.get(npy.read_magic(member), npy.read_array_header_2_0)(member)
        if dtype.hasobject:
            raise DataError(
                f"{path}: `{name}` must be an array of numbers or strings; with Python objects, as "
                "of rows of unequal length, it is a pickle, which is never read; pad rows, and "
                f"give `lengths`. Received: {dtype} of shape {shape}"
            )
        size, there = math.prod(shape) * dtype.itemsize, info.file_size - member.tell()
    most = MOST_OF_A_BYTE.get(info.compress_type, 0) * os.path.getsize(path)
    if size != there or size > most:
        raise DataError(
            f"{path}: `{name}` must hold {size} bytes for its shape {shape} of {dtype}. "
            f"Received: {min(there, most)} bytes or fewer"
        )
    with archive.open(info) as member:
        return npy.read_array(member, allow_pickle=False)


def _parse_part(path, part, arrays):
    """Returns the series of one part, each with its own number of steps."""
    x = arrays[f"x{part}"]
    if x.ndim not in (2, 3) or x.dtype.kind not in "buif" or not x.size:
        raise DataError(
            f"{path}: `x{part}` must be numbers of shape (series, steps, channels) or "
            f"(series, steps). Received: {x.dtype} of shape {x.shape}"
        )
    x = x[:, :, np.newaxis] if x.ndim == 2 else x
    name = f"lengths{part}"
    lengths = arrays.get(name, np.full(len(x), x.shape[1]))
    _check_shape(path, name, lengths, len(x))
    expected = f"`{name}` must be whole numbers from 1 to {x.shape[1]}, the steps of `x{part}`"
    if lengths.dtype.kind not in "uif":
        raise DataError(f"{path}: {expected}. Received: {lengths.dtype}")
    whole = np.floor(lengths) == lengths
    wrong = np.flatnonzero(~(whole & (lengths >= 1) & (lengths <= x.shape[1])))
    if len(wrong):
        raise DataError(f"{path}: {expected}. Received: {name}[{wrong[0]}]={lengths[wrong[0]]}")
    return [row[:length] for row, length in zip(x, lengths.astype(int), strict=True)]


def _parse_labels(path, name, arrays, count):
    """Returns the class of each series, a string or a number, or None for no label."""
    if name not in arrays:
        return [None] * count
    y = arrays[name]
    _check_shape(path, name, y, count)
    expected = "classes, strings or whole numbers (without `y` if it is a number to predict)"
    if y.dtype.kind == "S":
        try:
            y = np.char.decode(y, "utf-8")
        except UnicodeDecodeError:
            raise DataError(f"{path}: `{name}` must be UTF-8. Received: other bytes") from None
    if y.dtype.kind == "U":
        return list(map(parse_label, y.tolist()))
    if y.dtype.kind == "b":
        return y.tolist()
    if y.dtype.kind not in "uif":
        raise DataError(f"{path}: `{name}` must be {expected}. Received: {y.dtype}")
    unknown = np.isnan(y) | (y == -1)
    wrong = np.flatnonzero(~unknown & ~(np.isfinite(y) & (np.floor(y) == y)))
    if len(wrong):
        raise DataError(
            f"{path}: `{name}` must be {expected}. Received: {name}[{wrong[0]}]={y[wrong[0]]}"
        )
    if set(y[~np.isnan(y)].tolist()) == {-1, 1}:
        raise DataError(
            f"{path}: `{name}` must be classes other than -1, which stands for no label, such as 0 "
            "and 1. Received: -1 and 1"
        )
    return [None if missing else int(label) for label, missing in zip(y, unknown, strict=True)]


def _check_shape(path, name, array, count):
    if array.shape != (count,):
        raise DataError(
            f"{path}: `{name}` must have one value for each of {count} series. "
            f"Received: shape {array.shape}"
        )
