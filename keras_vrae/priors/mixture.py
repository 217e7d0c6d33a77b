"""A learned mixture of Gaussians as prior."""

import math
from typing import Any

import keras
from keras import ops

from keras_vrae.numerics import gaussian_log_prob
from keras_vrae.priors.prior import Prior
from keras_vrae.types import Shape, Tensor
from keras_vrae.validation import check_float, check_int

MAX_ABS_LOG_VAR = 20.0


@keras.saving.register_keras_serializable(package="keras_vrae")
class MixtureOfGaussians(Prior):
    """`p(z) = sum_c w_c N(z; m_c, diag(v_c))`, with weights, means and variances that are learned.

    The divergence of the posterior has no closed form and is estimated from the samples of z.

    Args:
        num_components: number of components, C.
        initial_spread: standard deviation of the means before training; the variances start at 1.

    Example:
        >>> prior = keras_vrae.MixtureOfGaussians(num_components=5)
        >>> vae = keras_vrae.build("dense", (8, 8), hidden_units=16, prior=prior)
        >>> prior.means.shape
        TensorShape([5, 2])

    Reference:
        Tomczak and Welling, 2018, arXiv 1705.07120, section 4 (MoG); Dilokthanakul et al., 2016,
        arXiv 1611.02648.
    """

    def __init__(
        self, num_components: int = 10, initial_spread: float = 1.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.num_components = check_int("num_components", num_components)
        self.initial_spread = check_float("initial_spread", initial_spread)

    def build(self, input_shape: Shape) -> None:
        shape = (self.num_components, input_shape[-1])
        spread = keras.initializers.RandomNormal(stddev=self.initial_spread)
        self.means = self.add_weight(shape, spread, name="means")
        self.log_vars = self.add_weight(shape, "zeros", name="log_vars")
        self.logits = self.add_weight(shape[:1], "zeros", name="logits")
        self.built = True

    def log_prob(self, z: Tensor) -> Tensor:
        return mixture_log_prob(
            z, self.means, bounded_log_var(self.log_vars), ops.log_softmax(self.logits)
        )

    def from_noise(self, noise: Tensor, uniform: Tensor) -> Tensor:
        weights = ops.softmax(self.logits)
        chosen = ops.one_hot(choose(weights, uniform), self.num_components, dtype="float32")
        scales = ops.exp(0.5 * bounded_log_var(self.log_vars))
        return ops.matmul(chosen, self.means) + ops.matmul(chosen, scales) * noise

    def get_config(self) -> dict[str, Any]:
        own = {"num_components": self.num_components, "initial_spread": self.initial_spread}
        return {**super().get_config(), **own}


def bounded_log_var(log_var: Tensor) -> Tensor:
    """Log-variances between -20 and 20, as those of an encoder."""
    return ops.clip(log_var, -MAX_ABS_LOG_VAR, MAX_ABS_LOG_VAR)


def mixture_log_prob(z: Tensor, means: Tensor, log_vars: Tensor, log_weights: Tensor) -> Tensor:
    """`log sum_c w_c N(z; m_c, diag(exp(log_vars_c)))` in nats.

    Args:
        z: points, `(..., Z)`.
        means, log_vars: of the components, `(C, Z)`.
        log_weights: `(C,)`.

    Returns:
        Tensor `(...)`.
    """
    densities = ops.sum(gaussian_log_prob(z[..., None, :], means, 0.5 * log_vars), axis=-1)
    return ops.logsumexp(densities + log_weights, axis=-1)


def choose(weights: Tensor, uniform: Tensor) -> Tensor:
    """The component that each uniform number falls on, whole numbers `(N,)`.

    Args:
        weights: shares of C components, `(C,)`.
        uniform: numbers between 0 and 1, `(N,)`.

    Example:
        >>> choose(np.array([0.25, 0.75]), np.array([0.1, 0.3, 0.9])).numpy()
        array([0, 1, 1], dtype=int32)
    """
    ends = ops.cumsum(weights)
    passed = ops.sum(ops.cast(ops.expand_dims(uniform, -1) >= ends, "int32"), axis=-1)
    return ops.minimum(passed, math.prod(weights.shape) - 1)
