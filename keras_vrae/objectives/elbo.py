"""The evidence lower bound, with the changes of its KL term that the literature knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from keras_vrae.objectives import schedules
from keras_vrae.objectives.objective import ElboTerms, Objective
from keras_vrae.types import Tensor
from keras_vrae.validation import SettingError, check_float, check_int, complaint

if TYPE_CHECKING:
    from keras_vrae.priors import Prior


@keras.saving.register_keras_serializable(package="keras_vrae")
class ELBO(Objective):
    """The negative evidence lower bound, as it is or with its KL term changed.

    Without arguments it is the bound itself, `-E_q[log p(x|z)] + KL`. The arguments turn the last
    term into `beta * KL`, `beta * sum_j max(free_bits, KL_j)` or `beta * |KL - capacity|`. The KL
    that is compared with a number is the mean over the batch.

    Args:
        beta: weight of the KL term, a number or a `Schedule` of the optimizer's steps.
        free_bits: nats of each latent dimension below which its KL costs nothing more; 0 for none.
            The prior must factorize over dimensions.
        capacity: nats that the KL of an example is drawn to, a number or a `Schedule`; `beta` then
            weighs the distance (`gamma` in the paper). None for no such target.
        analytic_kl: whether KL is taken in closed form if the prior has one, or from the samples
            of z (the same in expectation, with other noise in the gradient).
        num_samples: posterior samples K for each example of a training step.

    Raises:
        SettingError: for invalid values, and for `free_bits` with `capacity`.

    Example:
        >>> objective = keras_vrae.ELBO(beta=keras_vrae.schedules.LinearWarmup(steps=1000))
        >>> float(objective.beta(500))
        0.5

    Reference:
        Kingma and Welling, 2013, arXiv 1312.6114; `beta`: Higgins et al., 2017 (ICLR); `free_bits`:
        Kingma et al., 2016, arXiv 1606.04934, appendix C.8; `capacity`: Burgess et al., 2018,
        arXiv 1804.03599, section 4.2.
    """

    def __init__(
        self,
        beta: schedules.Schedule | float = 1.0,
        free_bits: float = 0.0,
        capacity: schedules.Schedule | float | None = None,
        analytic_kl: bool = True,
        num_samples: int = 1,
    ) -> None:
        self.beta = schedules.get("beta", beta)
        self.free_bits = check_float("free_bits", free_bits)
        self.capacity = None if capacity is None else schedules.get("capacity", capacity)
        self.analytic_kl = bool(analytic_kl)
        self.num_samples = check_int("num_samples", num_samples)
        if self.free_bits and self.capacity is not None:
            raise SettingError(complaint("free_bits", "0 with a capacity", free_bits))

    def __call__(self, terms: ElboTerms, step: Tensor | int = 0) -> Tensor:
        kl = terms.kl
        if self.free_bits:
            # The mean over the batch of this is sum_j max(free_bits, mean KL_j).
            kl = terms.kl_per_dimension
            enough = ops.mean(kl, axis=0, keepdims=True) > self.free_bits
            kl = ops.sum(ops.where(enough, kl, self.free_bits), axis=-1)
        if self.capacity is not None:
            # The mean over the batch of this is |mean KL - capacity|.
            above = kl - self.capacity(step)
            kl = above * ops.stop_gradient(ops.sign(ops.mean(above)))
        return terms.reconstruction + self.beta(step) * kl

    def check_prior(self, prior: Prior) -> None:
        if self.free_bits and not prior.factorizes:
            expected = f"0 with a {type(prior).__name__} prior, whose KL has no parts by dimension"
            raise SettingError(complaint("free_bits", expected, self.free_bits))

    def changing_weights(self, step: Tensor | int) -> dict[str, Tensor]:
        weights = {"beta": self.beta, "capacity": self.capacity}
        fixed = (schedules.Constant, type(None))
        return {name: w(step) for name, w in weights.items() if not isinstance(w, fixed)}

    def get_config(self) -> dict[str, Any]:
        return {
            "beta": schedules.serialize(self.beta),
            "free_bits": self.free_bits,
            "capacity": None if self.capacity is None else schedules.serialize(self.capacity),
            "analytic_kl": self.analytic_kl,
            "num_samples": self.num_samples,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> ELBO:
        changing = ("beta", "capacity")
        settings: dict[str, Any] = {
            k: schedules.deserialize(v) if k in changing else v for k, v in config.items()
        }
        return cls(**settings)
