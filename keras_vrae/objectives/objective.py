"""The contract of an objective, and the terms of the bound that it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from keras import ops

from keras_vrae.layers import GradientGate
from keras_vrae.types import Tensor

if TYPE_CHECKING:
    from keras_vrae.priors import Prior


class ElboTerms(NamedTuple):
    """The terms of the evidence lower bound, in nats, from K posterior samples of B examples.

    Attributes:
        log_likelihood: `log p(x|z)` of each sample, `(K, B)`.
        log_posterior: `log q(z|x)` of each sample, `(K, B)`.
        log_prior: `log p(z)` of each sample, `(K, B)`.
        kl: `KL(q(z|x) || p(z))` of each example, `(B,)`: in closed form, or the mean over the
            samples of `log q(z|x) - log p(z)`.
        kl_per_dimension: the same of each latent dimension, `(B, Z)`; None if the prior does not
            factorize over dimensions.
        z: the samples, `(K, B, Z)`.
        parameters: the parameters of `p(x|z)` of each sample, `(K, B, ...)`.
        gate: the `GradientGate` that z has passed, or None.
    """

    log_likelihood: Tensor
    log_posterior: Tensor
    log_prior: Tensor
    kl: Tensor
    kl_per_dimension: Tensor | None
    z: Tensor
    parameters: Tensor | None = None
    gate: GradientGate | None = None

    @property
    def reconstruction(self) -> Tensor:
        """`-E_q[log p(x|z)]`, estimated from the K samples, shape `(B,)`."""
        return -ops.mean(self.log_likelihood, axis=0)

    @property
    def elbo(self) -> Tensor:
        """`E_q[log p(x|z)] - KL(q(z|x) || p(z))`, shape `(B,)`."""
        return -(self.reconstruction + self.kl)

    @property
    def log_weights(self) -> Tensor:
        """`log p(x|z) + log p(z) - log q(z|x)`, the importance weight of each sample, `(K, B)`."""
        return self.log_likelihood - (self.log_posterior - self.log_prior)


class Objective:
    """A function of the terms of the bound that training minimises.

    A subclass implements `__call__` and `get_config`, and is registered with Keras so that a saved
    model can be loaded.

    Attributes:
        num_samples: posterior samples K for each example of a training step.
        analytic_kl: whether the KL of the terms is in closed form if the prior has one, or the
            mean over the samples.
        doubly_reparameterized: whether z passes a `GradientGate` whose `multiply` the objective
            calls, and `log q(z|x)` has a gradient through z alone.

    Example:
        >>> @keras.saving.register_keras_serializable(package="docs")
        ... class PowerKL(keras_vrae.Objective):
        ...     '''The bound with a power of its KL.'''
        ...
        ...     def __init__(self, power=2.0):
        ...         self.power = power
        ...
        ...     def __call__(self, terms, step=0):
        ...         return terms.reconstruction + terms.kl**self.power
        ...
        ...     def get_config(self):
        ...         return {"power": self.power}
        >>> vae = keras_vrae.build("dense", (4,), hidden_units=8, objective=PowerKL())
    """

    num_samples = 1
    analytic_kl = True
    doubly_reparameterized = False

    def __call__(self, terms: ElboTerms, step: Tensor | int = 0) -> Tensor:
        """The loss of each example.

        Args:
            terms: the `ElboTerms` of a batch.
            step: number of optimizer steps done.

        Returns:
            Nats, shape `(B,)`.
        """
        raise NotImplementedError

    def changing_weights(self, step: Tensor | int) -> dict[str, Tensor]:
        """The weights that change during training, by name, for the history."""
        return {}

    def check_prior(self, prior: Prior) -> None:
        """Raises `SettingError` if the objective cannot be formed with this `Prior`."""

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Objective:
        return cls(**config)
