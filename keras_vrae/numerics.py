"""Stateless closed forms, in nats, elementwise unless the name says otherwise."""

import math

from keras import ops

from keras_vrae import backend
from keras_vrae.types import Tensor

LOG_TWO_PI = math.log(2.0 * math.pi)
# A product of so many numbers between 1 and 2 is within float32.
MOST_FACTORS = 120


def gaussian_kl(z_mean: Tensor, z_log_var: Tensor) -> Tensor:
    """`KL(N(z_mean, exp(z_log_var)) || N(0, 1))` of each latent dimension.

    Args:
        z_mean, z_log_var: means and log-variances, shape `(..., Z)`.

    Returns:
        The divergence of each dimension in nats, shape `(..., Z)`; zero or more, up to rounding.

    Reference:
        Kingma and Welling, 2013, arXiv 1312.6114, appendix B.
    """
    z_mean, z_log_var = ops.convert_to_tensor(z_mean), ops.convert_to_tensor(z_log_var)
    return 0.5 * (ops.square(z_mean) + ops.exp(z_log_var) - 1.0 - z_log_var)


def gaussian_log_prob(x: Tensor, mean: Tensor | float, log_scale: Tensor | float) -> Tensor:
    """`log N(x; mean, exp(log_scale)^2)` of each value, in nats."""
    standardized = (x - mean) * ops.exp(-log_scale)
    return -0.5 * (ops.square(standardized) + LOG_TWO_PI) - log_scale


def bernoulli_log_prob(x: Tensor, logits: Tensor) -> Tensor:
    """`x log p + (1 - x) log(1 - p)` with `p = sigmoid(logits)`, of each value, in nats.

    Stable for logits of any size. For `x` in {0, 1} it is a log-probability; between them it is
    a negative cross-entropy.
    """
    return x * logits - ops.softplus(logits)


def sum_softplus(values: Tensor) -> Tensor:
    """`sum_i log(1 + exp(values_i))` over the last axis, which must have a fixed size.

    `log(1 + exp(v))` is `max(v, 0) + log(1 + exp(-|v|))`, and the last terms of many values are the
    logarithm of one product, so that few logarithms are taken. The rounding error is about 1e-7
    of the sum, or of 1 where that is more.
    """
    size = values.shape[-1]
    groups = -(-size // MOST_FACTORS)
    padding = -size % groups

    @backend.custom_gradient
    def summed(values):
        factors = 1.0 + ops.exp(-ops.abs(values))
        if padding:
            widths = [(0, 0)] * (len(values.shape) - 1) + [(0, padding)]
            factors = ops.pad(factors, widths, constant_values=1.0)
        factors = ops.reshape(factors, (*ops.shape(values)[:-1], groups, -1))
        logarithms = ops.log(ops.prod(factors, axis=-1))
        total = ops.sum(ops.relu(values), axis=-1) + ops.sum(logarithms, axis=-1)

        def gradient(upstream):
            return ops.expand_dims(upstream, -1) * ops.sigmoid(values)

        return total, gradient

    return summed(values)


def sum_event_axes(values: Tensor, event_ndim: int) -> Tensor:
    """Sums the last `event_ndim` axes: `(K, B, ...)` becomes `(K, B)`."""
    return ops.sum(values, axis=tuple(range(-event_ndim, 0)))


def log_mean_exp(values: Tensor, axis: int) -> Tensor:
    """The logarithm of the mean of `exp(values)` along one axis, for values of any size."""
    return ops.logsumexp(values, axis=axis) - math.log(values.shape[axis])
