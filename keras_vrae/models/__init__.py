"""Models: networks, likelihood and objective put together."""

from keras_vrae.models.ready_made import build
from keras_vrae.models.vae import VAE

__all__ = ["VAE", "build"]
