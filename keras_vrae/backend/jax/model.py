"""The gradient step of a model on JAX, and its ways into Keras's loops."""

import itertools
from collections.abc import Callable
from typing import Any

import jax
import keras
from jax import lax
from jax import numpy as jnp
from keras import ops, tree

from keras_vrae.backend import feeding
from keras_vrae.backend.jax.batches import array_batches
from keras_vrae.backend.model import CheckedOutside, weighted
from keras_vrae.types import Tensor
from keras_vrae.validation import SettingError

STEPS_PER_CALL, LIGHT_STEPS_PER_CALL = 8, 64
MAX_GROUP_BYTES = 2**27


class Model(CheckedOutside):
    """A Keras model that is trained on `Batch`es, on JAX."""

    array_batches = staticmethod(array_batches)

    def train_step(self, state: Any, data: Any) -> tuple[dict[str, Tensor], Any]:
        trainable, *rest = state
        gradient_of = jax.value_and_grad(self._training_loss, has_aux=True)
        (_, (logs, non_trainable, metrics)), gradients = gradient_of(trainable, *rest, data)
        optimizer = rest[1]
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, gradients, trainable)
        return logs, (trainable, non_trainable, optimizer, metrics)

    def _training_loss(self, trainable, non_trainable, optimizer, metrics, data):
        """The loss that is differentiated; and the logs and the variables that are not trained."""
        values = [*trainable, *non_trainable, *optimizer, *metrics]
        variables = [
            *self.trainable_variables,
            *self.non_trainable_variables,
            *self.optimizer.variables,
            *self.metrics_variables,
        ]
        mapping = zip(variables, values, strict=True)
        with keras.StatelessScope(mapping, collect_losses=True) as scope:
            batch, step = self.batch_of(data), self.optimizer.iterations
            losses, terms = self.training_losses(batch, step)
            penalties = sum(self.losses)
            loss = ops.mean(weighted(losses, batch.weight)) + penalties
            logs = self.update_metrics(losses + penalties, terms, batch)
            logs = {**logs, **self.changing_weights(step)}
            scaled_loss = self.optimizer.scale_loss(loss)
        return scaled_loss, (
            logs,
            [scope.get_current_value(variable) for variable in self.non_trainable_variables],
            [scope.get_current_value(variable) for variable in self.metrics_variables],
        )

    def test_step(self, state: Any, data: Any) -> tuple[dict[str, Tensor], Any]:
        trainable, non_trainable, metrics = state
        variables = [
            *self.trainable_variables,
            *self.non_trainable_variables,
            *self.metrics_variables,
        ]
        mapping = zip(variables, [*trainable, *non_trainable, *metrics], strict=True)
        with keras.StatelessScope(mapping) as scope:
            batch = self.batch_of(data)
            logs = self.update_metrics(*self.evaluation_losses(batch), batch)
        groups = self.trainable_variables, self.non_trainable_variables, self.metrics_variables
        return logs, tuple([scope.get_current_value(v) for v in group] for group in groups)

    # Several steps in a call.

    def most_steps_per_call(self) -> int:
        if self.run_eagerly or not self.jit_compile or keras.distribution.distribution():
            return 1
        if self.steps_per_execution > 1:
            return self.steps_per_execution
        return LIGHT_STEPS_PER_CALL if self.is_light else STEPS_PER_CALL

    def batches_in_group(self, arrays: Any, batch_size: int, wanted: int | None = None) -> int:
        # Fewer of large ones: a call of Keras's loop costs as much as some steps of an accelerator.
        fitting = MAX_GROUP_BYTES // (batch_size * feeding.row_bytes(arrays))
        return max(1, min(wanted or self.most_steps_per_call(), fitting))

    def function_of_groups(self) -> Callable[..., Any]:
        one = jax.jit(self.train_step, donate_argnums=0)
        several = jax.jit(self._steps, donate_argnums=0)
        capacity: dict[int, int] = {}

        def function(batch_size, state, iterator):
            group = next(self._next(iterator, "train", state, count=1))
            rows = len(tree.flatten(group)[0])
            whole, logs = rows // batch_size, None
            if whole:
                # With room for as many batches as any group has had, one compilation is enough.
                room = capacity[batch_size] = max(whole, capacity.get(batch_size, 0))
                batches = tree.map_structure(
                    lambda part: in_batches(part, whole, room, batch_size), group
                )
                logs, state = several(state, batches, whole)
            if rows % batch_size:
                rest = tree.map_structure(lambda part: part[whole * batch_size :], group)
                logs, state = one(state, rest)
            return logs, state

        return function

    def _steps(self, state, batches, count):
        """Training steps on the first `count` of the batches `(number of batches, B, ...)`."""

        def batch(number):
            return tree.map_structure(lambda part: part[number], batches)

        def take_step(number, carried):
            logs, state = self.train_step(carried[1], batch(number))
            return like(carried[0], logs), like(carried[1], state)

        shapes = jax.eval_shape(self.train_step, state, batch(0))[0]
        logs = tree.map_structure(lambda one: jnp.zeros(one.shape, one.dtype), shapes)
        return lax.fori_loop(0, count, take_step, (logs, state))

    # The ways into Keras's loops.

    def make_train_function(self, force: bool = False) -> None:
        if force or self.train_function is None:
            super().make_train_function(force=True)
            train = self.train_function
            self.train_function = lambda state, batches: train(
                state, self._next(batches, "train", state)
            )

    def make_test_function(self, force: bool = False) -> None:
        if force or self.test_function is None:
            super().make_test_function(force=True)
            test = self.test_function
            self.test_function = lambda state, batches: test(
                state, self._next(batches, "test", state)
            )

    def _next(self, batches, use, state, count=None):
        """An iterator over the batches of a call, which have been checked."""
        count = count or self.steps_per_execution
        try:
            return iter(list(itertools.islice(self.checked(batches, use), count)))
        except SettingError:
            # The loop has taken the values out of the variables.
            groups = [self.trainable_variables, self.non_trainable_variables]
            groups += [self.optimizer.variables] if use == "train" else []
            for group, values in zip((*groups, self.metrics_variables), state, strict=True):
                for variable, value in zip(group, values, strict=True):
                    variable.assign(value)
            raise


def in_batches(part: Tensor, whole: int, room: int, batch_size: int) -> Tensor:
    """The whole batches in the rows of a group, `(room, batch_size, ...)`, the last ones empty."""
    part = part[: whole * batch_size]
    if room > whole:
        part = jnp.pad(part, [(0, (room - whole) * batch_size), *[(0, 0)] * (part.ndim - 1)])
    return part.reshape(room, batch_size, *part.shape[1:])


def like(before: Any, after: Any) -> Any:
    """The values of one structure in the types of another, which a loop must not change."""
    return tree.map_structure(lambda old, new: jnp.asarray(new, old.dtype), before, after)
