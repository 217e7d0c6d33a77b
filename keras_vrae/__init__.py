"""Variational autoencoders for Keras, above all recurrent ones."""

from keras_vrae import callbacks, datasets, evaluation, layers, optimizers, schedules
from keras_vrae.decoders import Decoder, DenseDecoder
from keras_vrae.encoders import DenseEncoder, Encoder, GRUEncoder, LSTMEncoder, Posterior
from keras_vrae.likelihoods import Bernoulli, Gaussian, Likelihood
from keras_vrae.models import VAE, build
from keras_vrae.objectives import ELBO, IWAE, ElboTerms, Objective
from keras_vrae.sampling import Sampling
from keras_vrae.version import __version__

__all__ = [
    "ELBO",
    "IWAE",
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
    "Objective",
    "Posterior",
    "Sampling",
    "__version__",
    "build",
    "callbacks",
    "datasets",
    "evaluation",
    "layers",
    "optimizers",
    "schedules",
]
