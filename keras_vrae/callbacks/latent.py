"""The contract of callbacks that look at the latent space."""

import math
from typing import Any

import keras
import numpy as np
from scipy.sparse import issparse

from keras_vrae import sequences
from keras_vrae.encoders import Posterior
from keras_vrae.evaluation.latent import mean_kl
from keras_vrae.models import VAE
from keras_vrae.models.checks import check_examples
from keras_vrae.types import Examples
from keras_vrae.validation import SettingError, check_int, complaint


class LatentCallback(keras.callbacks.Callback):
    """A callback that encodes examples and looks at their posteriors. A subclass implements `look`.

    Args:
        x: examples to encode: an array `(N, ...)`, padded sequences, or sparse rows.
        every: epochs from one look to the next.
        batch_size: examples to encode at a time.

    Raises:
        SettingError: for an x that is not one of these, or numbers below one; and when `fit` is
            called, for a model that is not a `VAE`, or an x that it refuses.
    """

    def __init__(self, x: Examples, every: int = 1, batch_size: int = 512) -> None:
        super().__init__()
        self.x = x if sequences.is_padded(x) or issparse(x) else np.asarray(x)
        if not sequences.array_of(self.x).ndim:
            raise SettingError(complaint("x", "an array of examples", x))
        self.every = check_int("every", every)
        self.batch_size = check_int("batch_size", batch_size)

    def look(self, epoch: int, posterior: Posterior, kl: np.ndarray) -> None:
        """Looks at x after an epoch.

        Args:
            epoch: its number, from 1.
            posterior: the `Posterior` of x, arrays `(N, Z)`.
            kl: KL in nats of each dimension, `(Z,)`, or of all of them, `(1,)`, if the prior does
                not factorize; NaN if the model has diverged.
        """
        raise NotImplementedError

    def set_model(self, model: VAE) -> None:
        # Here rather than when training begins, before other callbacks touch their files.
        if not isinstance(model, VAE):
            raise SettingError(complaint("model", "a keras_vrae.VAE", model))
        check_examples(self.x, model.event_shape, model.likelihood, model.standardization)
        super().set_model(model)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._has_looked = False

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self._is_due(epoch + 1):
            self._has_looked = True
            posterior = self.model.encode(self.x, self.batch_size)
            try:
                kl = mean_kl(self.model, posterior)
            except SettingError:
                kl = np.full(self.model.latent_dim, math.nan)
            self.look(epoch + 1, posterior, kl)

    def _is_due(self, epoch):
        is_last = self.model.stop_training or epoch == (self.params or {}).get("epochs")
        return is_last or not self._has_looked or epoch % self.every == 0
