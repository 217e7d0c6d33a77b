"""A variational autoencoder whose latent space is guided by labels, where there are any."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_vrae import backend
from keras_vrae.batch import NO_LABEL, Batch
from keras_vrae.decoders import Decoder
from keras_vrae.encoders import Encoder
from keras_vrae.likelihoods import Likelihood
from keras_vrae.models.checks import check_labels
from keras_vrae.models.vae import VAE
from keras_vrae.objectives import ElboTerms, Objective, schedules
from keras_vrae.types import Examples, Shape, Tensor
from keras_vrae.validation import SettingError, check_int, complaint


@keras.saving.register_keras_serializable(package="keras_vrae")
class SupervisedVAE(VAE):
    """A `VAE` that also learns to predict the labels of an example from its z.

    To the loss of an example that has a label, training adds `-weight * E_q[log p(y|z)]`, where
    `p(y|z)` is linear in z: a softmax over classes, or with `multi_label=True` an independent
    Bernoulli for each label. An example whose label is -1 (or, of several labels, has one that is
    -1) takes part without that term, so that few labels and much unlabelled data train one model.
    Without any labels it is a `VAE`.

    With a `private_dim` the last dimensions of z are seen by the decoder and not by the labels, so
    that the dimensions which an example shares with its class are separate from its own.
    `shared_dim` is the number of the shared ones, which hash codes and metrics of labels are
    about.

    `fit(x, y)` and `evaluate(x, y)` also report `label_loss`, in nats per example with a label, and
    `label_accuracy`: of classes, or of single labels; without y they report neither. The `loss` of
    `evaluate` is the negative evidence lower bound of x, as that of any `VAE`. A y in the shape of
    x is labels here; give a target as `fit((x, target), y)`.

    Args:
        encoder, decoder, likelihood, objective, seed: as in `VAE`; the latent dimensions of the
            encoder are the shared and the private ones together.
        num_classes: number of classes, or of labels.
        private_dim: number of latent dimensions that labels do not see.
        weight: of the label term, a number or a `Schedule` of the optimizer's steps.
        multi_label: whether an example may have several labels; y is then `(N, num_classes)` of
            zeros and ones.
        **kwargs: further arguments of `VAE`.

    Raises:
        SettingError: for invalid values.

    Example:
        >>> vae = keras_vrae.SupervisedVAE(
        ...     encoder=keras_vrae.DenseEncoder(latent_dim=3, hidden_units=16),
        ...     decoder=keras_vrae.DenseDecoder(event_shape=(4,), hidden_units=16),
        ...     num_classes=2,
        ...     private_dim=1,
        ... )
        >>> vae.compile("adam")
        >>> x, y = np.zeros((6, 4)), np.array([0, 1, 0, 1, -1, -1])
        >>> sorted(vae.fit(x, y, verbose=0).history)
        ['kl', 'label_accuracy', 'label_loss', 'loss', 'reconstruction']
        >>> vae.classify(x).shape
        (6, 2)

    Reference:
        Chaidaroon and Fang, 2017, arXiv 1708.03436: the models S and SP there; with unlabelled
        data compare Kingma, Rezende, Mohamed and Welling, 2014, arXiv 1406.5298.
    """

    def __init__(
        self,
        encoder: Encoder,
        decoder: Decoder,
        likelihood: Likelihood | str | dict[str, Any] = "bernoulli",
        objective: Objective | str | dict[str, Any] | None = None,
        seed: int | None = None,
        *,
        num_classes: int,
        private_dim: int = 0,
        weight: schedules.Schedule | float = 1.0,
        multi_label: bool = False,
        **kwargs: Any,
    ) -> None:
        self.num_classes = check_int("num_classes", num_classes)
        self.private_dim = check_int("private_dim", private_dim, minimum=0)
        self.weight = schedules.get("weight", weight)
        self.multi_label = bool(multi_label)
        latent_dim = getattr(encoder, "latent_dim", self.private_dim + 1)
        if self.private_dim >= latent_dim:
            expected = f"less than the {latent_dim} latent dimensions of the encoder"
            raise SettingError(complaint("private_dim", expected, private_dim))
        super().__init__(encoder, decoder, likelihood, objective, seed, **kwargs)

    @property
    def shared_dim(self) -> int:
        return self.latent_dim - self.private_dim

    def build(self, input_shape: Shape) -> None:
        if not hasattr(self, "label_head"):
            self.label_loss_tracker = keras.metrics.Mean(name="label_loss")
            self.label_accuracy_tracker = keras.metrics.Mean(name="label_accuracy")
            self.label_head = keras.layers.Dense(self.num_classes, dtype="float32", name="labels")
            self.label_head.build((None, None, self.shared_dim))
        super().build(input_shape)

    def label_logits(self, z: Tensor) -> Tensor:
        """The logits of `p(y|z)`: `(..., Z)` becomes `(..., num_classes)`."""
        return self.label_head(z[..., : self.shared_dim])

    def classify(self, x: Examples, batch_size: int = 512) -> np.ndarray:
        """`p(y|z)` at the posterior mean of each example, a NumPy array `(N, num_classes)`."""
        z = self.encode(x, batch_size).z_mean
        logits = ops.convert_to_numpy(self.label_logits(z))
        return ops.convert_to_numpy((ops.sigmoid if self.multi_label else ops.softmax)(logits))

    def check_data(self, x: Examples, y: Any = None) -> None:
        super().check_data(x, None)
        check_labels(y, self.num_classes, self.multi_label)

    def is_target(self, x: Tensor, y: Any) -> bool:
        return False

    def placeholder_labels(self, size: int) -> np.ndarray:
        return np.full((size, self.num_classes) if self.multi_label else size, NO_LABEL, "float32")

    def label_losses(self, z: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """`-E_q[log p(y|z)]` of each example, and which examples have a label.

        Args:
            z: samples, `(K, B, Z)`.
            y: class numbers `(B,)`, or zeros and ones `(B, num_classes)`.

        Returns:
            `(losses, is_labelled)`, float32 `(B,)` both; the loss is 0 without a label.
        """
        logits = self.label_logits(z)
        if self.multi_label:
            is_labelled = ops.cast(ops.all(y >= 0, axis=-1), "float32")
            losses = ops.sum(ops.softplus(logits) - logits * y, axis=-1)
        else:
            is_labelled = ops.cast(y >= 0, "float32")
            classes = ops.cast(ops.maximum(y, 0), "int32")
            one_hot = ops.one_hot(classes, self.num_classes, dtype="float32")
            losses = ops.logsumexp(logits, axis=-1) - ops.sum(logits * one_hot, axis=-1)
        return ops.mean(losses, axis=0) * is_labelled, is_labelled

    def _labels(self, batch):
        """The labels of a batch in float32, after a check of their values."""
        shape = (-1, self.num_classes) if self.multi_label else (-1,)
        y = ops.reshape(ops.cast(batch.y, "float32"), shape)
        highest = 1 if self.multi_label else self.num_classes - 1
        valid = ops.all((y >= NO_LABEL) & (y <= highest) & ops.equal(y, ops.floor(y)))
        message = f"`y` must hold whole numbers from 0 to {highest}, or -1 for no label"
        return backend.stop_unless(valid, message, y)

    def training_losses(self, batch: Batch, step: Tensor | int) -> tuple[Tensor, ElboTerms]:
        losses, terms = super().training_losses(batch, step)
        if batch.y is None:
            # Without a gradient of zero Keras warns that the head has none.
            return losses + 0.0 * ops.sum(self.label_logits(terms.z), axis=(0, 2)), terms
        label_losses, _ = self.label_losses(terms.z, self._labels(batch))
        return losses + self.weight(step) * label_losses, terms

    def update_metrics(self, losses: Tensor, terms: ElboTerms, batch: Batch) -> dict[str, Tensor]:
        logs = super().update_metrics(losses, terms, batch)
        if batch.y is None:
            return logs
        y = self._labels(batch)
        label_losses, weights = self.label_losses(terms.z, y)
        weights = weights if batch.weight is None else weights * batch.weight
        self.label_loss_tracker.update_state(label_losses, weights)
        self.label_accuracy_tracker.update_state(self._hits(terms.z, y), weights)
        own = (self.label_loss_tracker, self.label_accuracy_tracker)
        return {**logs, **{tracker.name: tracker.result() for tracker in own}}

    def _hits(self, z, y):
        logits = ops.mean(self.label_logits(z), axis=0)
        if self.multi_label:
            hits = ops.equal(logits > 0, y > 0.5)
            return ops.mean(ops.cast(hits, "float32"), axis=-1)
        predicted = ops.cast(ops.argmax(logits, axis=-1), "float32")
        return ops.cast(ops.equal(predicted, y), "float32")

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return [*super().metrics, self.label_loss_tracker, self.label_accuracy_tracker]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "private_dim": self.private_dim,
            "weight": schedules.serialize(self.weight),
            "multi_label": self.multi_label,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "SupervisedVAE":
        return super().from_config({**config, "weight": schedules.deserialize(config["weight"])})
