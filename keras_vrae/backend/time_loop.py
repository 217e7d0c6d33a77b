"""A loop over time steps in Python, where nothing is traced."""

from collections.abc import Callable
from typing import Any

from keras import ops

from keras_vrae.types import Tensor


def loop_over_steps(
    step: Callable[[Any, Any], tuple[Any, tuple[Tensor, ...]]],
    carry: Any,
    steps: int,
    given: tuple[Tensor, ...] | None = None,
) -> tuple[Tensor, ...]:
    """Calls `step` once for each time step and stacks its outputs. The loop is differentiable.

    Args:
        step: takes the carry and the slices of `given`, or None, and returns the next carry and a
            tuple of outputs `(N, ...)`.
        carry: the carry of the first step, a structure of tensors.
        steps: number of time steps, T.
        given: a tuple of tensors `(T, ...)`, or None.

    Returns:
        A tuple of tensors `(T, N, ...)`, one for each output.
    """
    outputs = []
    for index in range(steps):
        slices = None if given is None else tuple(part[index] for part in given)
        carry, values = step(carry, slices)
        outputs.append(values)
    return tuple(ops.stack(values) for values in zip(*outputs, strict=True))
