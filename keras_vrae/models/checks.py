"""Checks of the arrays that a model is given, before any work is done."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from keras_vrae import sequences
from keras_vrae.batch import NO_LABEL
from keras_vrae.layers import Standardization
from keras_vrae.likelihoods import Likelihood
from keras_vrae.types import Examples
from keras_vrae.validation import SettingError, check_batch_shape, complaint

CHECKED_AT_A_TIME = 4096
NUMERIC_KINDS = "buif"


def check_examples(
    x: Examples,
    event_shape: Sequence[int | None],
    likelihood: Likelihood | None = None,
    standardization: Standardization | None = None,
    name: str = "x",
) -> None:
    """Raises `SettingError` for an array that a model of these examples cannot use.

    Data in other forms (a `tf.data.Dataset`, a generator) are checked batch by batch in the
    training step.

    Args:
        x: data of the user, an array or padded sequences.
        event_shape: shape of one example.
        likelihood: the likelihood whose support the values must lie in; None for any finite values.
        standardization: the `Standardization` that the values go through first, or None.
        name: the argument that x was.
    """
    lengths = None
    if sequences.is_padded(x):
        sequences.check_lengths(x)
        x, lengths = x["x"], np.asarray(x["lengths"])
    if hasattr(x, "dense_shape"):
        expected = "an array or a sparse matrix of SciPy; a tf.data.Dataset may hold SparseTensors"
        raise SettingError(complaint(name, expected, type(x).__name__))
    if not is_array(x):
        return
    x = x.tocsr() if sequences.is_sparse(x) else np.asarray(x)
    check_batch_shape(name, x.shape, event_shape)
    if x.dtype.kind not in NUMERIC_KINDS:
        raise SettingError(complaint(name, "an array of numbers", str(x.dtype), of=".dtype"))
    if not x.shape[0]:
        raise SettingError(complaint(name, "one example or more", x.shape, of=".shape"))
    # The values that a sparse matrix leaves out are zero, and one zero stands for all of them.
    x = np.append(x.data, 0) if sequences.is_sparse(x) else x
    bounds = (-np.inf, np.inf) if likelihood is None else likelihood.bounds
    for start in range(0, len(x), CHECKED_AT_A_TIME):
        part = raw = x[start : start + CHECKED_AT_A_TIME]
        if standardization is not None:
            part = standardization.of_array(raw)
        if within(part, bounds):
            continue
        valid = np.isfinite(part)
        if likelihood is not None:
            valid = np.asarray(likelihood.in_support(part))
        if lengths is not None:
            ends = lengths[start : start + CHECKED_AT_A_TIME, np.newaxis]
            padding = np.arange(x.shape[1]) >= ends
            valid = valid | padding.reshape(*padding.shape, *[1] * (x.ndim - 2))
        if not valid.all():
            expected = "an array of finite numbers"
            if likelihood is not None:
                kind = "" if standardization is None else ", once standardized,"
                name_of = type(likelihood).__name__
                expected = f"an array of{kind} {likelihood.support} for the {name_of} likelihood"
            raise SettingError(complaint(name, expected, float(raw[~valid][0]), of="[...]"))


def is_array(x: object) -> bool:
    """Returns whether x is a dense array, a tensor, a list or a sparse matrix."""
    return isinstance(x, (np.ndarray, list)) or ops.is_tensor(x) or sequences.is_sparse(x)


def within(values: np.ndarray, bounds: tuple[float, float] | None) -> bool:
    """Returns whether all values are known to be finite and in `(lowest, highest)`."""
    # NaN makes both comparisons False.
    if bounds is None:
        return False
    lowest, highest = values.min(), values.max()
    return bool(bounds[0] <= lowest and highest <= bounds[1] and np.isfinite(highest - lowest))


def check_labels(y: Any, num_classes: int, multi_label: bool = False) -> None:
    """Raises `SettingError` for labels that a model of so many classes cannot use.

    Args:
        y: class numbers `(N,)` from 0, or -1 for no label; with `multi_label` zeros and ones
            `(N, num_classes)`, or -1. Data in other forms are checked batch by batch.
        num_classes: number of classes, or of labels.
        multi_label: whether an example may have several labels.
    """
    if y is None or not is_array(y):
        return
    y = np.asarray(y)
    if multi_label:
        fits = y.ndim == 2 and y.shape[1] == num_classes
        shape, values = f"(N, {num_classes})", "0, 1, or -1 for no label"
        highest = 1
    else:
        fits = y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1)
        shape = "(N,), class numbers (of one-hot rows take y.argmax(axis=1))"
        values = f"whole numbers from 0 to {num_classes - 1}, or -1 for no label"
        highest = num_classes - 1
    if not fits:
        raise SettingError(complaint("y", f"of shape {shape}", y.shape, of=".shape"))
    if y.dtype.kind not in NUMERIC_KINDS:
        raise SettingError(complaint("y", "an array of numbers", str(y.dtype), of=".dtype"))
    valid = (y >= NO_LABEL) & (y <= highest) & (y == np.floor(y))
    if not valid.all():
        wrong = y[~valid][0].item()
        raise SettingError(complaint("y", f"an array of {values}", wrong, of="[...]"))
