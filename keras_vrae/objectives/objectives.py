"""What training minimises: the terms of the bound in, a loss for each example out."""

from typing import Any, NamedTuple

import keras
from keras import ops

from keras_vrae.numerics import log_mean_exp
from keras_vrae.objectives import schedules
from keras_vrae.validation import SettingError, check_float, check_int, complaint


class ElboTerms(NamedTuple):
    """The terms of the evidence lower bound, in nats, from K posterior samples of B examples.

    Attributes:
        log_likelihood: `log p(x|z)` of each sample, shape `(K, B)`.
        kl_per_dimension: `KL(q(z_j|x) || p(z_j))` in closed form, shape `(B, Z)`.
        log_ratio: `log q(z_j|x) - log p(z_j)` of each sample and dimension, shape `(K, B, Z)`.
        gate: the `GradientGate` that z has passed, or None.
        z: the samples themselves, before any gate, shape `(K, B, Z)`.
    """

    log_likelihood: Any
    kl_per_dimension: Any
    log_ratio: Any
    gate: Any = None
    z: Any = None

    @property
    def reconstruction(self):
        """`-E_q[log p(x|z)]`, estimated from the K samples, shape `(B,)`."""
        return -ops.mean(self.log_likelihood, axis=0)

    @property
    def kl(self):
        """`KL(q(z|x) || p(z))` in closed form, shape `(B,)`."""
        return ops.sum(self.kl_per_dimension, axis=-1)

    @property
    def elbo(self):
        """`E_q[log p(x|z)] - KL(q(z|x) || p(z))`, shape `(B,)`."""
        return -(self.reconstruction + self.kl)

    @property
    def log_weights(self):
        """`log p(x|z) + log p(z) - log q(z|x)`, the importance weight of each sample, `(K, B)`."""
        return self.log_likelihood - ops.sum(self.log_ratio, axis=-1)


class Objective:
    """What training minimises.

    A subclass implements `__call__` and `get_config`.

    Attributes:
        num_samples: posterior samples K for each example of a training step.
        doubly_reparameterized: whether z passes a `GradientGate` that the objective sets, and
            `log q(z|x)` has no gradient but through z.
    """

    num_samples = 1
    doubly_reparameterized = False

    def __call__(self, terms, step=0):
        """The loss of each example.

        Args:
            terms: the `ElboTerms` of a batch.
            step: number of optimizer steps done.

        Returns:
            Nats, shape `(B,)`.
        """
        raise NotImplementedError

    def changing_weights(self, step):
        """The weights that change while training goes on, by name, for the history."""
        return {}

    def get_config(self):
        raise NotImplementedError

    @classmethod
    def from_config(cls, config):
        return cls(**config)


@keras.saving.register_keras_serializable(package="keras_vrae")
class ELBO(Objective):
    """The negative evidence lower bound, as it is or with its KL term changed.

    Without arguments it is the bound itself, `-E_q[log p(x|z)] + KL`; the arguments make of the
    last term `beta * KL`, `beta * sum_j max(free_bits, KL_j)` or `beta * |KL - capacity|`. Where KL
    is compared with a number, it is the mean over the batch that is compared.

    Args:
        beta: weight of the KL term, a number or a `Schedule` of the optimizer's steps.
        free_bits: nats of each latent dimension below which its KL costs nothing more; 0 for none.
        capacity: nats that the KL of an example is drawn to, a number or a `Schedule`; `beta` then
            weighs the distance (`gamma` in the paper). None for no such target.
        analytic_kl: whether KL is taken in closed form, or from the samples of z (the same in
            expectation, with other noise in the gradient).
        num_samples: posterior samples K for each example of a training step.

    Raises:
        SettingError: for values that cannot be, and for `free_bits` with `capacity`.

    Example:
        >>> objective = keras_vrae.ELBO(beta=keras_vrae.schedules.LinearWarmup(steps=1000))
        >>> float(objective.beta(500))
        0.5

    Reference:
        Kingma and Welling, 2013, arXiv 1312.6114; `beta`: Higgins et al., 2017 (ICLR); `free_bits`:
        Kingma et al., 2016, arXiv 1606.04934, appendix C.8; `capacity`: Burgess et al., 2018,
        arXiv 1804.03599, section 4.2.
    """

    def __init__(self, beta=1.0, free_bits=0.0, capacity=None, analytic_kl=True, num_samples=1):
        self.beta = schedules.get("beta", beta)
        self.free_bits = check_float("free_bits", free_bits)
        self.capacity = None if capacity is None else schedules.get("capacity", capacity)
        self.analytic_kl = bool(analytic_kl)
        self.num_samples = check_int("num_samples", num_samples)
        if self.free_bits and self.capacity is not None:
            raise SettingError(complaint("free_bits", "0 with a capacity", free_bits))

    def __call__(self, terms, step=0):
        kl = terms.kl_per_dimension if self.analytic_kl else ops.mean(terms.log_ratio, axis=0)
        if self.free_bits:
            # The mean over the batch of what follows is sum_j max(free_bits, mean KL_j).
            enough = ops.mean(kl, axis=0, keepdims=True) > self.free_bits
            kl = ops.where(enough, kl, self.free_bits)
        kl = ops.sum(kl, axis=-1)
        if self.capacity is not None:
            # The mean over the batch of what follows is |mean KL - capacity|.
            above = kl - self.capacity(step)
            kl = above * ops.stop_gradient(ops.sign(ops.mean(above)))
        return terms.reconstruction + self.beta(step) * kl

    def changing_weights(self, step):
        weights = {"beta": self.beta, "capacity": self.capacity}
        fixed = (schedules.Constant, type(None))
        return {name: w(step) for name, w in weights.items() if not isinstance(w, fixed)}

    def get_config(self):
        return {
            "beta": schedules.serialize(self.beta),
            "free_bits": self.free_bits,
            "capacity": None if self.capacity is None else schedules.serialize(self.capacity),
            "analytic_kl": self.analytic_kl,
            "num_samples": self.num_samples,
        }

    @classmethod
    def from_config(cls, config):
        changing = ("beta", "capacity")
        return cls(
            **{k: schedules.deserialize(v) if k in changing else v for k, v in config.items()}
        )


@keras.saving.register_keras_serializable(package="keras_vrae")
class IWAE(Objective):
    """The negative importance-weighted bound, `-E[log mean_k p(x, z_k) / q(z_k|x)]`.

    With one sample it is the evidence lower bound, with its KL from that sample; with more it is
    closer to `log p(x)`.

    Args:
        num_samples: posterior samples K for each example of a training step.
        doubly_reparameterized: whether the encoder learns from the doubly reparameterized gradient
            (DReG). It has the same expectation and less variance, the more so the larger K is. The
            decoder's gradient is the same either way.

    Example:
        >>> objective = keras_vrae.IWAE(num_samples=5, doubly_reparameterized=True)
        >>> vae = keras_vrae.build("dense", (8, 8), hidden_units=16, objective=objective)

    Reference:
        Burda, Grosse and Salakhutdinov, 2016, arXiv 1509.00519; DReG: Tucker et al., 2018,
        arXiv 1810.04152.
    """

    def __init__(self, num_samples=5, doubly_reparameterized=False):
        self.num_samples = check_int("num_samples", num_samples)
        self.doubly_reparameterized = bool(doubly_reparameterized)

    def __call__(self, terms, step=0):
        log_weights = terms.log_weights
        log_mean = log_mean_exp(log_weights, axis=0)
        if self.doubly_reparameterized:
            # z_k has a gradient of w_k / sum w already; this makes it the square of that.
            shares = ops.exp(log_weights - log_mean) / log_weights.shape[0]
            terms.gate.factor = ops.stop_gradient(shares)
        return -log_mean

    def get_config(self):
        return {
            "num_samples": self.num_samples,
            "doubly_reparameterized": self.doubly_reparameterized,
        }
