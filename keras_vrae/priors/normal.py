"""The standard normal prior."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from keras_vrae.numerics import gaussian_kl, gaussian_log_prob
from keras_vrae.priors.prior import Prior
from keras_vrae.types import Tensor

if TYPE_CHECKING:
    from keras_vrae.encoders import Posterior


@keras.saving.register_keras_serializable(package="keras_vrae")
class StandardNormal(Prior):
    """`p(z) = N(z; 0, I)`, whose divergence from a diagonal Gaussian has a closed form.

    Example:
        >>> prior = keras_vrae.StandardNormal()
        >>> round(float(prior.log_prob(np.zeros((1, 2)))[0]), 4)  # -log(2 pi)
        -1.8379

    Reference:
        Kingma and Welling, 2013, arXiv 1312.6114, appendix B.
    """

    factorizes = True

    def log_prob_per_dimension(self, z: Tensor) -> Tensor:
        return gaussian_log_prob(z, 0.0, 0.0)

    def kl_per_dimension(self, posterior: Posterior) -> Tensor:
        return gaussian_kl(posterior.z_mean, posterior.z_log_var)

    def from_noise(self, noise: Tensor, uniform: Tensor) -> Tensor:
        return ops.convert_to_tensor(noise)

    def sample(
        self,
        num_samples: int,
        latent_dim: int,
        seed: int | keras.random.SeedGenerator | None = None,
    ) -> Tensor:
        # A component is not drawn, so that a seed gives the draws it always gave.
        return keras.random.normal((num_samples, latent_dim), seed=seed)

    def quantile(self, u: ArrayLike) -> np.ndarray:
        from scipy.special import ndtri

        return ndtri(u)
