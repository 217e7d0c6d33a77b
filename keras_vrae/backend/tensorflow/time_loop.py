"""A loop over time steps, whose number may be unknown when it is traced."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_vrae.types import Tensor


def loop_over_steps(
    step: Callable[[Any, Any], tuple[Any, tuple[Tensor, ...]]],
    carry: Any,
    steps: int | Tensor,
    given: tuple[Tensor, ...] | None = None,
) -> tuple[Tensor, ...]:
    """Calls `step` once for each time step and stacks its outputs.

    The loop is differentiable. (`keras.ops.scan` needs outputs in the shapes of the carry.)

    Args:
        step: takes the carry and the slices of `given`, or None, and returns the next carry and a
            tuple of outputs `(N, ...)`.
        carry: the carry of the first step, a structure of tensors.
        steps: number of time steps, T.
        given: a tuple of tensors `(T, ...)`, or None.

    Returns:
        A tuple of tensors `(T, N, ...)`, one for each output.
    """

    def slices(index):
        return None if given is None else tuple(part[index] for part in given)

    # Traced for its shapes alone; graphs drop what nothing depends on.
    examples = step(carry, slices(0))[1]
    arrays = tuple(
        tf.TensorArray(value.dtype, steps, element_shape=value.shape) for value in examples
    )

    def body(index, carry, arrays):
        carry, values = step(carry, slices(index))
        arrays = tuple(a.write(index, v) for a, v in zip(arrays, values, strict=True))
        return index + 1, carry, arrays

    loop = tf.while_loop(lambda index, *_: index < steps, body, (0, carry, arrays))
    return tuple(array.stack() for array in loop[2])
