"""The gradient step of a model on PyTorch, and its ways into Keras's loops."""

from typing import Any

import torch
from keras import ops

from keras_vrae.backend.arrays import array_batches
from keras_vrae.backend.model import CheckedOutside, weighted
from keras_vrae.types import Tensor


class Model(CheckedOutside):
    """A Keras model that is trained on `Batch`es, on PyTorch."""

    array_batches = staticmethod(array_batches)

    def train_step(self, data: Any) -> dict[str, Tensor]:
        batch, step = self.batch_of(data), self.optimizer.iterations
        changing_weights = self.changing_weights(step)
        self.zero_grad()
        losses, terms = self.training_losses(batch, step)
        penalties = sum(self.losses)
        loss = ops.mean(weighted(losses, batch.weight)) + penalties
        self.optimizer.scale_loss(loss).backward()
        weights = self.trainable_weights
        with torch.no_grad():
            # Of the weights before the step, as the loss is.
            logs = self.update_metrics(losses + penalties, terms, batch)
            self.optimizer.apply([weight.value.grad for weight in weights], weights)
        return {**logs, **changing_weights}

    def get_compile_config(self) -> dict[str, Any] | None:
        """Names the optimizer as every backend knows it, not by Keras's class for PyTorch."""
        return _on_any_backend(super().get_compile_config())

    def test_step(self, data: Any) -> dict[str, Tensor]:
        batch = self.batch_of(data)
        return self.update_metrics(*self.evaluation_losses(batch), batch)

    # The ways into Keras's loops.

    def make_train_function(self, force: bool = False) -> None:
        if force or self.train_function is None:
            super().make_train_function(force=True)
            train = self.train_function
            self.train_function = lambda batches: train(list(self.checked(batches, "train")))

    def make_test_function(self, force: bool = False) -> None:
        if force or self.test_function is None:
            super().make_test_function(force=True)
            test = self.test_function
            self.test_function = lambda batches: test(list(self.checked(batches, "test")))


def _on_any_backend(config):
    """A serialized object with the optimizers in it as `keras.optimizers` has them."""
    if isinstance(config, list):
        return [_on_any_backend(value) for value in config]
    if not isinstance(config, dict):
        return config
    config = {key: _on_any_backend(value) for key, value in config.items()}
    if str(config.get("module")).startswith("keras.src.backend.torch.optimizers."):
        config |= {"module": "keras.optimizers", "registered_name": None}
    return config
