"""Stateless closed forms, in nats, elementwise unless the name says otherwise."""

import math

from keras import ops

LOG_TWO_PI = math.log(2.0 * math.pi)


def gaussian_kl(z_mean, z_log_var):
    """`KL(N(z_mean, exp(z_log_var)) || N(0, 1))` of each latent dimension.

    Args:
        z_mean, z_log_var: means and log-variances, shape `(..., Z)`.

    Returns:
        The divergence of each dimension in nats, shape `(..., Z)`; zero or more, up to rounding.

    Reference:
        Kingma and Welling, 2013, arXiv 1312.6114, appendix B.
    """
    return 0.5 * (ops.square(z_mean) + ops.exp(z_log_var) - 1.0 - z_log_var)


def gaussian_log_prob(x, mean, log_scale):
    """`log N(x; mean, exp(log_scale)^2)` of each value, in nats."""
    standardized = (x - mean) * ops.exp(-log_scale)
    return -0.5 * (ops.square(standardized) + LOG_TWO_PI) - log_scale


def bernoulli_log_prob(x, logits):
    """`x log p + (1 - x) log(1 - p)` with `p = sigmoid(logits)`, of each value, in nats.

    Stable for logits of any size. For `x` in {0, 1} it is a log-probability; between them it is
    a negative cross-entropy.
    """
    return x * logits - ops.softplus(logits)


def sum_event_axes(values, event_ndim):
    """Sums the last `event_ndim` axes: `(K, B, ...)` becomes `(K, B)`."""
    return ops.sum(values, axis=tuple(range(-event_ndim, 0)))
