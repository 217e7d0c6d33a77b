"""The data of a VAE and its place in Keras: batches, checks, compilation, metrics."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_vrae import backend, sequences
from keras_vrae.batch import Batch
from keras_vrae.decoders import Decoder
from keras_vrae.encoders import Encoder
from keras_vrae.layers import Standardization
from keras_vrae.likelihoods import Likelihood
from keras_vrae.models.checks import check_examples
from keras_vrae.objectives import ElboTerms, Objective
from keras_vrae.types import Examples, Tensor
from keras_vrae.validation import SettingError, check_batch_shape, complaint

MAX_VALUES_IN_PARTS = 2000  # Of an example; dense models of more are slower with few threads.


class TrainableModel(backend.Model):
    """A Keras model whose loss is an objective, and whose data are examples, targets and labels.

    A subclass has the attributes `event_shape`, `likelihood`, `standardization`, `encoder`,
    `decoder` and `objective`.
    """

    encoder: Encoder
    decoder: Decoder
    likelihood: Likelihood
    objective: Objective
    standardization: Standardization | None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bound_trackers = tuple(
            keras.metrics.Mean(name=name) for name in ("loss", "reconstruction", "kl")
        )

    # Data.

    @property
    def is_light(self) -> bool:
        """True if a training step takes so little time that the call to the backend shows."""
        return self.encoder.is_light and self.decoder.is_light

    @property
    def is_wide(self) -> bool:
        """True if a training step is few operations on many values."""
        size = math.prod(size or 1 for size in self.event_shape)
        return self.is_light and size > MAX_VALUES_IN_PARTS

    @property
    def keeps_float64(self) -> bool:
        """True if data in float64 are standardized in it."""
        return self.standardization is not None

    def batch_of(self, data: Any, mask: Tensor | None = None, any_length: bool = False) -> Batch:
        """Makes the `Batch` of one batch of data.

        Args:
            data: examples `(B, ...)`, a dict of padded sequences and their lengths, `(x, target)`,
                `(x, y)` or `(x, y, sample_weight)`, and pairs `(x, target)` as x. A y in the shape
                of x is its target.
            mask: booleans `(B, T)`, True at valid steps, if the data are not padded sequences.
            any_length: whether sequences may have another length than the model's.

        Returns:
            `Batch`, with x and target in the units of the networks.
        """
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        x, target = x if isinstance(x, tuple) else (x, None)
        if isinstance(mask, (tuple, list)):
            mask = mask[0]  # Keras gives one for x and one for its target.
        x, own_mask = self._read(x, any_length, sparse=self.standardization is None)
        mask = mask if own_mask is None else own_mask
        if target is None and self.is_target(x, y):
            target, y = y, None
        if target is None:
            x = x if mask is None or own_mask is not None else sequences.blank(x, mask)
            dense = ops.convert_to_tensor(x, sparse=False)
            target = self.likelihood.target_of(dense, mask)
        else:
            target = self._read(target, True, sparse=False, check=False)[0]
        if weight is not None:
            weight = ops.reshape(ops.cast(weight, "float32"), (-1,))
        return Batch(x, mask, target, y, weight)

    def is_target(self, x: Tensor, y: Any) -> bool:
        """Returns whether a y is a target of x: an array of the same shape, of rank 2 or more."""
        y = sequences.array_of(y)
        shape = getattr(y, "shape", None)
        return shape is not None and len(shape) > 1 and tuple(shape) == tuple(x.shape)

    def _read(self, inputs, any_length, sparse, check=True):
        """Examples as `(x, mask)`: float32 in the units of the networks, zero at padding."""
        sparse = sparse and self.encoder.reads_sparse and backend.has_sparse_tensors
        x = ops.convert_to_tensor(sequences.array_of(inputs), sparse=sparse)
        if check:
            shape = self.event_shape
            shape = (None, *shape[1:]) if any_length else shape
            check_batch_shape("x", x.shape, shape)
            if not sparse and tuple(x.shape[1:]).count(None) > shape.count(None):
                x = backend.ensure_shape(x, (None, *shape))
        if self.standardization is not None:
            x = self.standardization(x)
        x = ops.cast(x, "float32")
        if not sequences.is_padded(inputs):
            return x, None
        mask = sequences.mask_of(inputs["lengths"], ops.shape(x)[1])
        return sequences.blank(x, mask), mask

    def in_units_of_data(self, x: Tensor) -> Tensor:
        """Values of one batch in the units of the data."""
        return x if self.standardization is None else self.standardization.inverse(x)

    def within_support(self, batch: Batch) -> Batch:
        """The batch, after a check that the likelihood is defined for its target."""
        if backend.is_sparse_tensor(batch.x):  # Which is its own target.
            valid = ops.all(self.likelihood.in_support(batch.x.values))
        else:
            valid = self.likelihood.accepts(batch.x, batch.target)
        name = type(self.likelihood).__name__
        message = f"`x` must hold {self.likelihood.support} for the {name} likelihood"
        return batch._replace(target=backend.stop_unless(valid, message, batch.target))

    def _prepare(self, arguments):
        arguments["x"] = sequences.as_inputs(arguments.get("x"), self.event_shape)
        super()._prepare(arguments)

    def _validation(self, arguments):
        given = arguments["validation_data"]
        if sequences.is_part(given) or sequences.is_frame(given):
            arguments["validation_data"] = sequences.as_inputs(given, self.event_shape)
        return super()._validation(arguments)

    def check_data(self, x: Examples, y: Any = None) -> None:
        target = None
        if isinstance(x, tuple):
            x, target = x
        elif hasattr(sequences.array_of(x), "shape") and self.is_target(sequences.array_of(x), y):
            target = y
        options: dict[str, Any] = {"standardization": self.standardization}
        if target is None:
            check_examples(x, self.event_shape, self.likelihood, **options)
            return
        check_examples(x, self.event_shape, **options)
        target = sequences.array_of(target)
        if tuple(np.shape(target)[1:]) == tuple(np.shape(sequences.array_of(x))[1:]):
            check_examples(target, self.event_shape, self.likelihood, name="target", **options)

    def placeholder_labels(self, size: int) -> np.ndarray:
        return np.zeros(size, "float32")

    # Compilation and metrics.

    def compile(
        self,
        optimizer: keras.optimizers.Optimizer | str = "adam",
        loss: None = None,
        loss_weights: None = None,
        metrics: None = None,
        weighted_metrics: None = None,
        **kwargs: Any,
    ) -> None:
        """Sets the optimizer; the other arguments are those of `keras.Model.compile`.

        Raises:
            SettingError: for the arguments about losses and metrics, which compare a prediction
                with a label. The loss of a VAE is its objective.
        """
        refused = {
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
        }
        for name, value in refused.items():
            if value is not None:
                reason = "left out of compile(): a VAE trains on VAE(objective=...), without labels"
                raise SettingError(complaint(name, reason, value))
        optimizer = backend.Adam() if optimizer == "adam" else optimizer
        super().compile(optimizer=optimizer, **kwargs)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        # Keras leaves a model with its own compile() uncompiled, unless this is given.
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return list(self.bound_trackers)

    def update_metrics(self, losses: Tensor, terms: ElboTerms, batch: Batch) -> dict[str, Tensor]:
        values = (losses, terms.reconstruction, terms.kl)
        for tracker, value in zip(self.bound_trackers, values, strict=True):
            tracker.update_state(value, batch.weight)
        return {tracker.name: tracker.result() for tracker in self.bound_trackers}

    def changing_weights(self, step: Tensor | int) -> dict[str, Tensor]:
        return self.objective.changing_weights(step)
