"""Checks inside the served graph: what is wrong with a request is said by the name of its input.

A server answers with INVALID_ARGUMENT and the message. The same functions work on eager tensors.
"""

import tensorflow as tf


def check_rows(name, tensor, row_shape):
    """`tensor`, once its shape is known to be that of one row or more of `row_shape`.

    Args:
        name: the input's name.
        tensor: what came.
        row_shape: shape of one row, with None for a size that may be anything but zero.
    """
    sizes = ("rows", *("any" if size is None else size for size in row_shape))
    words = ", ".join(map(str, sizes)) + ("," if not row_shape else "")
    expected = f"`{name}` must be of shape ({words}) with no size 0. Received: {name}.shape="
    wanted = tf.constant([-1, *(-1 if size is None else size for size in row_shape)])
    shape = tf.raw_ops.Shape(input=tensor)
    # Not tf.rank, which is optimised to what the input was declared to have.
    rank = tf.reduce_sum(tf.cast(shape >= 0, tf.int32))
    right_rank = _require(tf.equal(rank, len(sizes)), expected, shape)
    with tf.control_dependencies([right_rank]):
        fits = (shape > 0) & ((shape == wanted) | (wanted == -1))
        fits = _require(tf.reduce_all(fits), expected, shape)
    return _after(tensor, fits)


def check_same_rows(name, tensor, other_name, other):
    """`tensor`, once it is known to have as many rows as `other`."""
    rows = tf.raw_ops.Shape(input=tensor)[0], tf.raw_ops.Shape(input=other)[0]
    expected = f"`{name}` must have one row for each row of `{other_name}`. Received: rows="
    return _after(tensor, _require(tf.equal(*rows), expected, tf.stack(rows)))


def check_values(name, tensor, valid, expected):
    """`tensor`, once all of `valid` are true: booleans of its shape.

    Args:
        name: the input's name.
        tensor: what came.
        valid: whether each value may be.
        expected: in words, what values may be.
    """
    message = f"`{name}` must hold {expected}. Received another value, the first in row"
    rows = tf.reduce_all(tf.reshape(valid, (tf.shape(valid)[0], -1)), axis=1)
    first = tf.argmin(tf.cast(rows, tf.int32))
    return _after(tensor, _require(tf.reduce_all(rows), message, first))


def _require(condition, message, data):
    return tf.raw_ops.Assert(condition=condition, data=[message, data], summarize=8)


def _after(tensor, assertion):
    """`tensor`, not before the assertion held; what is computed from it waits likewise."""
    with tf.control_dependencies([assertion]):
        return tf.identity(tensor)
