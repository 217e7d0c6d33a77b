"""Metrics of the latent space in the history of a training."""

import math
from typing import Any

import numpy as np

from keras_vrae.callbacks.latent import LatentCallback
from keras_vrae.encoders import Posterior
from keras_vrae.evaluation.latent import active_units, mutual_information
from keras_vrae.types import Examples


class LatentMetrics(LatentCallback):
    """Adds metrics of the latent space to the logs of an epoch.

    `latent_active_units` is the number of latent dimensions that depend on x,
    `latent_mutual_information` the information of the codes about which example they come from, in
    nats and at most log N, and `latent_kl_0`, `latent_kl_1`, ... the KL term of each dimension in
    nats; see `active_units`, `mutual_information` and `kl_per_dimension` in
    `keras_vrae.evaluation`. They are NaN once the model has diverged.

    The history that `fit` returns has them for every epoch: between two looks the last metrics are
    repeated. Callbacks that come later in the list, such as `CSVLogger` or `EarlyStopping`, see
    them too; those that come before do not. `records` has the measured metrics alone.

    Args:
        x: examples to encode, such as the validation part, `(N, ...)`. The mutual information
            takes time that grows with the square of N; one or two thousand are plenty.
        every: number of epochs from one look to the next, as the module says.
        batch_size: examples to encode at a time.
        per_dimension: True if the KL terms of the dimensions are among the logs; `records` has
            them in any case.

    Attributes:
        records: one dict for each look, over all calls of `fit`: `epoch`, numbered from 1, and the
            metrics by the names above.

    Raises:
        SettingError: as `LatentCallback` does.

    Example:
        >>> vae = keras_vrae.build("gru", (8, 8), latent_dim=2, hidden_units=16)
        >>> vae.compile("adam")
        >>> x = np.zeros((32, 8, 8))
        >>> metrics = LatentMetrics(x, every=2)
        >>> history = vae.fit(x, epochs=4, verbose=0, callbacks=[metrics]).history
        >>> [name for name in sorted(history) if name.startswith("latent")]
        ['latent_active_units', 'latent_kl_0', 'latent_kl_1', 'latent_mutual_information']
        >>> len(history["latent_kl_0"]), [record["epoch"] for record in metrics.records]
        (4, [1, 2, 4])
    """

    def __init__(
        self, x: Examples, every: int = 1, batch_size: int = 512, per_dimension: bool = True
    ) -> None:
        super().__init__(x, every, batch_size)
        self.per_dimension = bool(per_dimension)
        self.records: list[dict[str, float]] = []
        self._latest: dict[str, float] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        super().on_epoch_end(epoch, logs)
        if logs is not None:
            logs.update(self._latest)

    def look(self, epoch: int, posterior: Posterior, kl: np.ndarray) -> None:
        metrics = {"latent_active_units": math.nan, "latent_mutual_information": math.nan}
        if np.isfinite(kl).all():
            metrics["latent_active_units"] = active_units(posterior.z_mean)
            metrics["latent_mutual_information"] = mutual_information(*posterior)
        if self.model.prior.factorizes:
            dimensions = {f"latent_kl_{index}": float(value) for index, value in enumerate(kl)}
        else:
            dimensions = {"latent_kl": float(kl[0])}
        self.records.append({"epoch": epoch, **metrics, **dimensions})
        self._latest = {**metrics, **dimensions} if self.per_dimension else metrics
