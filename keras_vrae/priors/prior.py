"""The contract of a prior `p(z)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from keras_vrae.likelihoods import Likelihood
from keras_vrae.types import Shape, Tensor

if TYPE_CHECKING:
    from keras_vrae.encoders import Encoder, Posterior

QUANTILE_SAMPLES, QUANTILE_SEED = 20_000, 0


class Prior(keras.layers.Layer):
    """The distribution of z before x is seen.

    A subclass implements `from_noise`, and one of two: a prior that factorizes over latent
    dimensions sets `factorizes = True` and implements `log_prob_per_dimension` (and
    `kl_per_dimension` if the divergence has a closed form); any other implements `log_prob` (and
    `kl`). Without a closed form the divergence is estimated from the samples of z. It is a layer so
    that it may have weights, which `build` adds: `input_shape[-1]` is the number of latent
    dimensions. It computes in float32 under every dtype policy.

    Attributes:
        factorizes: whether `p(z)` is a product over latent dimensions.

    Example:
        >>> @keras.saving.register_keras_serializable(package="docs")
        ... class Laplace(keras_vrae.Prior):
        ...     '''Independent Laplace distributions with scale 1.'''
        ...
        ...     factorizes = True
        ...
        ...     def log_prob_per_dimension(self, z):
        ...         return -ops.abs(z) - np.log(2.0)
        ...
        ...     def from_noise(self, noise, uniform):
        ...         u = ops.erf(noise / np.sqrt(2.0))  # Uniform between -1 and 1.
        ...         return -ops.sign(u) * ops.log1p(-ops.abs(u))
        >>> vae = keras_vrae.build("dense", (4,), hidden_units=8, prior=Laplace())
        >>> vae.generate(3, seed=0).shape
        (3, 4)
    """

    factorizes = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})

    def build(self, input_shape: Shape) -> None:
        self.built = True

    def connect(
        self, encoder: Encoder, likelihood: Likelihood, event_shape: Sequence[int | None]
    ) -> None:
        """Takes what a prior needs to know of its model, which calls this before it builds it.

        Args:
            encoder, likelihood: parts of the model.
            event_shape: shape of one example.
        """

    def log_prob(self, z: Tensor) -> Tensor:
        """`log p(z)` in nats: `(..., Z)` becomes `(...)`."""
        return ops.sum(self.log_prob_per_dimension(z), axis=-1)

    def log_prob_per_dimension(self, z: Tensor) -> Tensor:
        """`log p(z_j)` of each dimension in nats, in the shape of z, if the prior factorizes."""
        raise NotImplementedError

    def kl(self, posterior: Posterior) -> Tensor | None:
        """`KL(q(z|x) || p(z))` in closed form, nats, `(B,)`; None without a closed form."""
        divergences = self.kl_per_dimension(posterior)
        return None if divergences is None else ops.sum(divergences, axis=-1)

    def kl_per_dimension(self, posterior: Posterior) -> Tensor | None:
        """The same of each dimension, `(B, Z)`; None unless the prior factorizes."""
        return None  # AutoGraph cannot read a function without a statement.

    def divergence(
        self, posterior: Posterior, z: Tensor, analytic: bool = True
    ) -> tuple[Tensor, Tensor | None]:
        """`KL(q(z|x) || p(z))`, in closed form if there is one, or else from samples.

        Args:
            posterior: the `Posterior` of B examples.
            z: samples of it, `(K, B, Z)`.
            analytic: whether to use the closed form.

        Returns:
            `(kl, kl_per_dimension)`, nats: `(B,)`, and `(B, Z)` if the prior factorizes or else
            None.
        """
        if analytic:
            kl = self.kl(posterior)
            if kl is not None:
                return kl, self.kl_per_dimension(posterior)
        if not self.factorizes:
            return ops.mean(posterior.log_prob(z) - self.log_prob(z), axis=0), None
        ratio = posterior.log_prob_per_dimension(z) - self.log_prob_per_dimension(z)
        divergences = ops.mean(ratio, axis=0)
        return ops.sum(divergences, axis=-1), divergences

    def from_noise(self, noise: Tensor, uniform: Tensor) -> Tensor:
        """Turns noise into draws of z.

        Args:
            noise: standard normal values, `(N, Z)`.
            uniform: values between 0 and 1, `(N,)`, as they choose the component of a mixture.

        Returns:
            Tensor `(N, Z)`.
        """
        raise NotImplementedError

    def sample(
        self,
        num_samples: int,
        latent_dim: int,
        seed: int | keras.random.SeedGenerator | None = None,
    ) -> Tensor:
        """Draws z from the prior.

        Args:
            num_samples: number of draws, N.
            latent_dim: number of latent dimensions, Z.
            seed: as in `keras.random`.

        Returns:
            Tensor `(N, Z)`.
        """
        noise = keras.random.normal((num_samples, latent_dim), seed=seed)
        return self.from_noise(noise, keras.random.uniform((num_samples,), seed=seed))

    def quantile(self, u: ArrayLike) -> np.ndarray:
        """The quantile function of each dimension's marginal distribution.

        Args:
            u: probabilities between 0 and 1, `(N, Z)`.

        Returns:
            NumPy array `(N, Z)`; in this class the quantiles of 20,000 draws, always the same.
        """
        u = np.asarray(u, "float64")
        seed = keras.random.SeedGenerator(QUANTILE_SEED)
        draws = ops.convert_to_numpy(self.sample(QUANTILE_SAMPLES, u.shape[1], seed))
        columns = [np.quantile(draws[:, j], u[:, j]) for j in range(u.shape[1])]
        return np.stack(columns, axis=1)

    @property
    def output_shape(self) -> tuple[None, None]:
        """Shape of `log p(z)` of a batch, for the summary of a model."""
        return (None, None)

    def call(self, z: Tensor) -> Tensor:
        """`log p(z)`, as `log_prob`."""
        return self.log_prob(z)
