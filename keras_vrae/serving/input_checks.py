"""Checks inside the served graph, of a whole request or of each of its rows.

A request of a wrong shape is refused: the server answers with INVALID_ARGUMENT and a message that
names the input. A row with wrong values is marked instead, since a server that batches puts the
rows of several clients into one call, and an error would go to all of them. The same functions work
on eager tensors.
"""

from collections.abc import Mapping, Sequence

import tensorflow as tf

from keras_vrae.types import Tensor


def check_rows(name: str, tensor: Tensor, row_shape: Sequence[int | None]) -> Tensor:
    """Returns `tensor` after a check that it holds one row or more of `row_shape`.

    Args:
        name: the input's name.
        tensor: its value.
        row_shape: shape of one row, with None for any size except zero.
    """
    sizes = ("rows", *("any" if size is None else size for size in row_shape))
    words = ", ".join(map(str, sizes)) + ("," if not row_shape else "")
    expected = f"`{name}` must be of shape ({words}) with no size 0. Received: {name}.shape="
    wanted = tf.constant([-1, *(-1 if size is None else size for size in row_shape)])
    shape = tf.raw_ops.Shape(input=tensor)
    # Not tf.rank, which is optimised to the declared rank of the input.
    rank = tf.reduce_sum(tf.cast(shape >= 0, tf.int32))
    right_rank = _require(tf.equal(rank, len(sizes)), expected, shape)
    with tf.control_dependencies([right_rank]):
        fits = (shape > 0) & ((shape == wanted) | (wanted == -1))
        fits = _require(tf.reduce_all(fits), expected, shape)
    return _after(tensor, fits)


def check_same_rows(name: str, tensor: Tensor, other_name: str, other: Tensor) -> Tensor:
    """Returns `tensor` after a check that it has as many rows as `other`."""
    rows = tf.raw_ops.Shape(input=tensor)[0], tf.raw_ops.Shape(input=other)[0]
    expected = f"`{name}` must have one row for each row of `{other_name}`. Received: rows="
    return _after(tensor, _require(tf.equal(*rows), expected, tf.stack(rows)))


def valid_rows(valid: Tensor) -> Tensor:
    """Returns `(B,)`, True for the rows whose values are all valid.

    Args:
        valid: booleans `(B, ...)`, one for each value.
    """
    return tf.reduce_all(valid, axis=tuple(range(1, valid.shape.rank)))


def replace_rows(valid: Tensor, tensor: Tensor, value: float) -> Tensor:
    """Returns `tensor` with one value instead of all that stand in invalid rows.

    Args:
        valid: booleans `(B,)`.
        tensor: `(B, ...)`.
        value: the value for the invalid rows.
    """
    valid = tf.reshape(valid, (-1, *[1] * (tensor.shape.rank - 1)))
    return tf.where(valid, tensor, tf.cast(value, tensor.dtype))


def mark_rows(valid: Tensor, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns outputs by name with NaN in invalid rows, or 0 in bytes, and `valid` itself.

    Args:
        valid: booleans `(B,)`.
        outputs: tensors `(B, ...)` by name.
    """
    marked = {
        name: replace_rows(valid, values, float("nan") if values.dtype.is_floating else 0)
        for name, values in outputs.items()
    }
    return {**marked, "valid": valid}


def _require(condition, message, data):
    return tf.raw_ops.Assert(condition=condition, data=[message, data], summarize=8)


def _after(tensor, assertion):
    """Returns `tensor` after the assertion, for which all that is computed from it waits."""
    with tf.control_dependencies([assertion]):
        return tf.identity(tensor)
