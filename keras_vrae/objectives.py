"""What training minimises: the terms of the bound in, a loss for each example out."""

from typing import Any, NamedTuple

import keras
from keras import ops

from keras_vrae.validation import check_float, check_int


class ElboTerms(NamedTuple):
    """The terms of the evidence lower bound, in nats.

    Attributes:
        log_likelihood: `log p(x|z)` of each posterior sample, shape `(K, B)`.
        kl: `KL(q(z|x) || p(z))`, shape `(B,)`.
    """

    log_likelihood: Any
    kl: Any

    @property
    def reconstruction(self):
        """`-E_q[log p(x|z)]`, estimated from the K samples, shape `(B,)`."""
        return -ops.mean(self.log_likelihood, axis=0)

    @property
    def elbo(self):
        """`E_q[log p(x|z)] - KL(q(z|x) || p(z))`, shape `(B,)`."""
        return -(self.reconstruction + self.kl)


@keras.saving.register_keras_serializable(package="keras_vrae")
class ELBO:
    """The negative evidence lower bound, with the KL term weighted by `beta`.

    Args:
        beta: weight of the KL term; 1 gives the bound itself.
        num_samples: posterior samples K for each example of a training step.

    Example:
        >>> objective = keras_vrae.ELBO(beta=0.5)
        >>> objective.get_config()
        {'beta': 0.5, 'num_samples': 1}

    Reference:
        Kingma and Welling, 2013, arXiv 1312.6114; `beta`: Higgins et al., 2017 (ICLR).
    """

    def __init__(self, beta=1.0, num_samples=1):
        self.beta = check_float("beta", beta)
        self.num_samples = check_int("num_samples", num_samples)

    def __call__(self, terms):
        """Returns the loss of each example in nats, shape `(B,)`, from its `ElboTerms`."""
        return terms.reconstruction + self.beta * terms.kl

    def get_config(self):
        return {"beta": self.beta, "num_samples": self.num_samples}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
