"""The decoded latent plane."""

import numpy as np

from keras_vrae.models import VAE
from keras_vrae.validation import SettingError, check_int, complaint


def decode_grid(model: VAE, size: int, length: int | None = None) -> np.ndarray:
    """Decodes a square grid over the plane of a two-dimensional prior.

    Args:
        model: a `VAE` with two latent dimensions.
        size: points of the grid in each direction.
        length: number of time steps of each; None unless the model leaves it open.

    Returns:
        `(size, size, ...)`: means of `p(x|z)`; along the second axis the first latent dimension
        goes through the quantiles 0.02 to 0.98 of the prior, along the first axis the second one.

    Raises:
        SettingError: for a model with more or fewer latent dimensions, or a size below one.

    Example:
        >>> vae = keras_vrae.build("gru", (8, 8), latent_dim=2, hidden_units=16)
        >>> decode_grid(vae, size=3).shape
        (3, 3, 8, 8)
    """
    if model.latent_dim != 2:
        expected = "one with 2 latent dimensions"
        raise SettingError(complaint("model", expected, model.latent_dim, of=".latent_dim"))
    quantiles = np.linspace(0.02, 0.98, check_int("size", size))
    first, second = np.meshgrid(quantiles, quantiles)
    z = model.prior.quantile(np.column_stack([first.ravel(), second.ravel()]))
    images = model.decode(z, length=length)
    return images.reshape(size, size, *images.shape[1:])
