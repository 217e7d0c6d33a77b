"""Checks of values inside a compiled step."""

from collections.abc import Sequence

import tensorflow as tf

from keras_vrae.types import Tensor


def ensure_shape(x: Tensor, shape: Sequence[int | None]) -> Tensor:
    """Returns x with a static shape, which is checked when the step runs; None is any size.

    A function that was traced for batches of two shapes takes a third that leaves sizes open.
    """
    return tf.ensure_shape(x, shape)


def stop_unless(valid: Tensor, message: str, values: Tensor) -> Tensor:
    """Stops a step with invalid values, however they came into it.

    Args:
        valid: scalar boolean tensor.
        message: the error's text.
        values: float32 tensor.

    Returns:
        `values`. XLA leaves assertions out; there invalid values come back as NaN, and so does the
        loss, which nobody overlooks.
    """
    stop = tf.debugging.Assert(valid, [message], summarize=1)
    # Otherwise weights might be updated, to NaN, while the step stops.
    with tf.control_dependencies([] if stop is None else [stop]):
        return values * tf.where(valid, 1.0, float("nan"))
