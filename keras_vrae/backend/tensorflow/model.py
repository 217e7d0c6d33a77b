"""The gradient step of a model on TensorFlow, and its ways into Keras's loops."""

import itertools
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from keras import ops

from keras_vrae.backend.model import TrainedByKeras, weighted
from keras_vrae.backend.tensorflow import replicas
from keras_vrae.backend.tensorflow.batches import array_batches
from keras_vrae.backend.tensorflow.loops import over_batches_of_group
from keras_vrae.backend.tensorflow.threads import can_be_limited, limited_by_type
from keras_vrae.types import Tensor
from keras_vrae.validation import SettingError, complaint

LIGHT_STEPS_PER_CALL = 16


class Model(TrainedByKeras):
    """A Keras model that is trained on `Batch`es, on TensorFlow."""

    feeds_without_end = True
    array_batches = staticmethod(array_batches)

    # Steps.

    def train_step(self, data: Any) -> dict[str, Tensor]:
        batch, step = self.batch_of(data), self.optimizer.iterations
        changing_weights = self.changing_weights(step)
        share = replicas.share_of_examples(ops.shape(batch.target)[0])
        with tf.GradientTape() as tape:
            losses, terms = self.training_losses(batch, step)
            penalties = sum(self.losses)
            loss = ops.mean(weighted(losses, batch.weight)) + penalties
            # The optimizer sums gradients over replicas.
            scaled_loss = self.optimizer.scale_loss(loss * share)
        # Of the weights before the step, as the loss is.
        logs = self.update_metrics(losses + penalties, terms, batch)
        weights = self.trainable_weights
        self.optimizer.apply(tape.gradient(scaled_loss, weights), weights)
        return {**logs, **changing_weights}

    def test_step(self, data: Any) -> dict[str, Tensor]:
        batch = self.batch_of(data)
        return self.update_metrics(*self.evaluation_losses(batch), batch)

    def most_steps_per_call(self) -> int:
        single = self.distribute_strategy.num_replicas_in_sync == 1
        if self.run_eagerly or self.jit_compile or not single:
            return 1
        if self.steps_per_execution > 1:
            return self.steps_per_execution
        return LIGHT_STEPS_PER_CALL if self.is_light else 1

    def function_of_groups(self) -> Callable[..., Any]:
        steps = over_batches_of_group(self.train_step)
        limited = limited_by_type(steps) if self._limits_threads else None

        def take(batch_size, iterator):
            arguments = tf.constant(batch_size, tf.int64), next(iterator)
            if limited is None:
                return steps(*arguments)
            return limited((tf.TensorSpec((), tf.int64), iterator.element_spec), arguments)

        return take

    # Where Keras has no public way.

    def make_train_function(self, force: bool = False) -> None:
        if force or self.train_function is None:
            self.train_function = self._step_of_workers(self.train_step)
            super().make_train_function()
            self.train_function = self._with_few_threads(self.train_step, self.train_function)

    def make_test_function(self, force: bool = False) -> None:
        if force or self.test_function is None:
            self.test_function = self._step_of_workers(self.test_step)
            super().make_test_function()
            self.test_function = self._with_few_threads(self.test_step, self.test_function)

    @property
    def _limits_threads(self):
        """True if steps are compiled so that operations have few threads each."""
        single = self.distribute_strategy.num_replicas_in_sync == 1
        plain = single and not self.run_eagerly and not self.jit_compile
        return plain and not self.is_wide and can_be_limited()

    def _with_few_threads(self, step, function):
        """The function of a step as Keras's loops call it, with few threads if that is faster.

        Args:
            step: a function of a batch.
            function: that of Keras, of an iterator.
        """
        if not self._limits_threads:
            return function
        compiled = limited_by_type(step)

        def take(iterator):
            if not isinstance(iterator, tf.data.Iterator):
                return function(iterator)
            logs = None
            for data in itertools.islice(iterator, self.steps_per_execution):
                logs = compiled((iterator.element_spec,), (data,))
            if logs is None:
                raise StopIteration
            return logs

        return take

    def _step_of_workers(self, step):
        strategy = self.distribute_strategy
        if not replicas.in_many_workers(strategy):
            return None  # And Keras makes one.
        if self.steps_per_execution != 1:
            expected = "1 with many workers"
            raise SettingError(complaint("steps_per_execution", expected, self.steps_per_execution))
        return replicas.step_of_workers(strategy, step, self.run_eagerly)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        # Private to Keras (3.8 to 3.15), which builds a model and its optimizer in here. A model of
        # ours is built when it is made, and Keras would build it from the mean of a batch over
        # replicas, whose shares may differ in size. The optimizer must be built before a step is
        # traced: a step that stops at invalid data would leave it half made, and the next one
        # would fail with "Creating variables on a non-first call".
        if self.optimizer and not self.optimizer.built:
            with self.distribute_strategy.scope():
                self.optimizer.build(self.trainable_variables)
