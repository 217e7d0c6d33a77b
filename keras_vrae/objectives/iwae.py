"""The importance-weighted bound."""

from typing import Any, cast

import keras
from keras import ops

from keras_vrae.layers import GradientGate
from keras_vrae.numerics import log_mean_exp
from keras_vrae.objectives.objective import ElboTerms, Objective
from keras_vrae.types import Tensor
from keras_vrae.validation import check_int


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

    def __init__(self, num_samples: int = 5, doubly_reparameterized: bool = False) -> None:
        self.num_samples = check_int("num_samples", num_samples)
        self.doubly_reparameterized = bool(doubly_reparameterized)

    def __call__(self, terms: ElboTerms, step: Tensor | int = 0) -> Tensor:
        log_weights = terms.log_weights
        log_mean = log_mean_exp(log_weights, axis=0)
        if not self.doubly_reparameterized:
            return -log_mean
        # z_k has a gradient of w_k / sum w already; this makes it the square of that.
        shares = ops.exp(log_weights - log_mean) / log_weights.shape[0]
        return -log_mean + cast(GradientGate, terms.gate).multiply(shares)

    def get_config(self) -> dict[str, Any]:
        return {
            "num_samples": self.num_samples,
            "doubly_reparameterized": self.doubly_reparameterized,
        }
