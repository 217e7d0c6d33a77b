"""Variational autoencoders for Keras, above all recurrent ones."""

from keras_vrae import datasets, evaluation
from keras_vrae.decoders import Decoder, DenseDecoder
from keras_vrae.encoders import DenseEncoder, Encoder, GRUEncoder, LSTMEncoder, Posterior
from keras_vrae.likelihoods import Bernoulli, Gaussian, Likelihood
from keras_vrae.models import VAE, build
from keras_vrae.objectives import ELBO, ElboTerms
from keras_vrae.sampling import Sampling
from keras_vrae.version import __version__

__all__ = [
    "ELBO",
    "VAE",
    "Bernoulli",
    "Decoder",
    "DenseDecoder",
    "DenseEncoder",
    "ElboTerms",
    "Encoder",
    "GRUEncoder",
    "Gaussian",
    "LSTMEncoder",
    "Likelihood",
    "Posterior",
    "Sampling",
    "__version__",
    "build",
    "datasets",
    "evaluation",
]
