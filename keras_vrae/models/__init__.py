"""Models: networks, likelihood and objective put together."""

from keras_vrae.models.build import build, build_text
from keras_vrae.models.hashing import MedianBinarizer, hash_codes
from keras_vrae.models.supervised import SupervisedVAE
from keras_vrae.models.vae import VAE

__all__ = ["VAE", "MedianBinarizer", "SupervisedVAE", "build", "build_text", "hash_codes"]
