"""A loop over time steps, traced once for all of them."""

from collections.abc import Callable
from typing import Any

import keras
from jax import eval_shape, lax
from keras import tree

# Private to Keras (3.8 to 3.15): the scope in which a step of the model is traced. A step of a loop
# that draws noise changes the state of a generator, which must then be carried along.
from keras.src.backend.common.stateless_scope import get_stateless_scope

from keras_vrae.backend import time_loop
from keras_vrae.types import Tensor


def loop_over_steps(
    step: Callable[[Any, Any], tuple[Any, tuple[Tensor, ...]]],
    carry: Any,
    steps: int | Tensor,
    given: tuple[Tensor, ...] | None = None,
) -> tuple[Tensor, ...]:
    """Calls `step` once for each time step and stacks its outputs. The loop is differentiable.

    Args:
        step: takes the carry and the slices of `given`, or None, and returns the next carry and a
            tuple of outputs `(N, ...)`. It may draw noise.
        carry: the carry of the first step, a structure of tensors.
        steps: number of time steps, T.
        given: a tuple of tensors `(T, ...)`, or None.

    Returns:
        A tuple of tensors `(T, N, ...)`, one for each output.
    """
    scope = get_stateless_scope()
    if scope is None:
        return time_loop.loop_over_steps(step, carry, steps, given)
    outside = scope.state_mapping

    def in_scope(state, carry, slices):
        """One step, with the variables by their keys, and those that it has changed."""
        with keras.StatelessScope() as inside:
            inside.state_mapping.update(outside | state)
            carry, values = step(carry, slices)
        found = inside.state_mapping
        return {key: found[key] for key in found if found[key] is not outside.get(key)}, (
            carry,
            values,
        )

    first = None if given is None else tuple(part[0] for part in given)
    changed = eval_shape(lambda carry: in_scope({}, carry, first)[0], carry)
    state = {key: outside[key] for key in changed if key in outside}

    def body(carried, slices):
        state, carry = carried
        after, (next_carry, values) = in_scope(state, carry, slices)
        next_carry = tree.map_structure(lambda new, old: new.astype(old.dtype), next_carry, carry)
        return ({key: after.get(key, state[key]) for key in state}, next_carry), values

    (state, _), outputs = lax.scan(body, (state, carry), given, length=steps)
    outside.update(state)
    return outputs
