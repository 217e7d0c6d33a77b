"""Checks inside the served graph, whose messages name the input that is wrong.

A server answers with INVALID_ARGUMENT and the message. The same functions work on eager tensors.
"""

import tensorflow as tf


def check_rows(name, tensor, row_shape):
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


def check_same_rows(name, tensor, other_name, other):
    """Returns `tensor` after a check that it has as many rows as `other`."""
    rows = tf.raw_ops.Shape(input=tensor)[0], tf.raw_ops.Shape(input=other)[0]
    expected = f"`{name}` must have one row for each row of `{other_name}`. Received: rows="
    return _after(tensor, _require(tf.equal(*rows), expected, tf.stack(rows)))


def check_values(name, tensor, valid, expected):
    """Returns `tensor` after a check that all of its values are valid.

    Args:
        name: the input's name.
        tensor: its value.
        valid: booleans in its shape.
        expected: the valid values in words.
    """
    message = f"`{name}` must hold {expected}. Received another value, the first in row"
    rows = tf.reduce_all(tf.reshape(valid, (tf.shape(valid)[0], -1)), axis=1)
    first = tf.argmin(tf.cast(rows, tf.int32))
    return _after(tensor, _require(tf.reduce_all(rows), message, first))


def _require(condition, message, data):
    return tf.raw_ops.Assert(condition=condition, data=[message, data], summarize=8)


def _after(tensor, assertion):
    """Returns `tensor` after the assertion, for which all that is computed from it waits."""
    with tf.control_dependencies([assertion]):
        return tf.identity(tensor)
