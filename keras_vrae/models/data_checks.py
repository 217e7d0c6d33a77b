"""What a model asks of the arrays it is given, checked before any work is done."""

import numpy as np
from keras import ops

from keras_vrae import sequences
from keras_vrae.rows import is_sparse
from keras_vrae.validation import SettingError, check_batch_shape, complaint

CHECKED_AT_A_TIME = 4096
NUMERIC_KINDS = "buif"


def check_examples(x, event_shape, likelihood):
    """Raises `SettingError` for an array that a model of these examples cannot use.

    Data that are no array (a `tf.data.Dataset`, a generator) are seen batch by batch by the
    training step instead, which makes the same checks.

    Args:
        x: what the user passed as data, an array or padded sequences.
        event_shape: shape of one example.
        likelihood: whose support the values must lie in.
    """
    lengths = None
    if sequences.is_padded(x):
        sequences.check_lengths(x)
        x, lengths = x["x"], np.asarray(x["lengths"])
    if hasattr(x, "dense_shape"):
        expected = "an array or a sparse matrix of SciPy; a tf.data.Dataset may hold SparseTensors"
        raise SettingError(complaint("x", expected, type(x).__name__))
    if not isinstance(x, (np.ndarray, list)) and not ops.is_tensor(x) and not is_sparse(x):
        return
    x = x.tocsr() if is_sparse(x) else np.asarray(x)
    check_batch_shape("x", x.shape, event_shape)
    if x.dtype.kind not in NUMERIC_KINDS:
        raise SettingError(complaint("x", "an array of numbers", str(x.dtype), of=".dtype"))
    if not x.shape[0]:
        raise SettingError(complaint("x", "one example or more", x.shape, of=".shape"))
    # What a sparse matrix leaves out is zero, and one zero stands for all of them.
    x = np.append(x.data, 0) if is_sparse(x) else x
    for start in range(0, len(x), CHECKED_AT_A_TIME):
        part = x[start : start + CHECKED_AT_A_TIME]
        if within(part, likelihood.bounds):
            continue
        valid = np.asarray(likelihood.in_support(part))
        if lengths is not None:
            ends = lengths[start : start + CHECKED_AT_A_TIME, np.newaxis]
            padding = np.arange(x.shape[1]) >= ends
            valid = valid | padding.reshape(*padding.shape, *[1] * (x.ndim - 2))
        if not valid.all():
            name = type(likelihood).__name__
            expected = f"an array of {likelihood.support} for the {name} likelihood"
            raise SettingError(complaint("x", expected, float(part[~valid][0]), of="[...]"))


def within(values, bounds):
    """Whether all values are known to lie in `(lowest, highest)`; False where bounds is None."""
    # NaN makes both comparisons False.
    return bounds is not None and bounds[0] <= values.min() and values.max() <= bounds[1]
