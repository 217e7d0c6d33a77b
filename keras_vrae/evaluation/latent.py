"""What the latent space holds."""

import numpy as np


def active_units(z_mean, threshold=0.01):
    """Number of latent dimensions that tell anything about x.

    Args:
        z_mean: posterior means, `(N, Z)`.
        threshold: a dimension is active where the variance of its means over x is above this.

    Returns:
        Whole number from 0 to Z.

    Reference:
        Burda, Grosse and Salakhutdinov, 2015, arXiv 1509.00519, section 5.2.

    Example:
        >>> active_units(np.array([[1.0, 0.0], [-1.0, 0.01]]))
        1
    """
    return int(np.sum(np.var(z_mean, axis=0) > threshold))
