"""Variational autoencoders for Keras, above all recurrent ones."""

from keras_vrae import callbacks, datasets, evaluation, layers, optimizers, schedules, sequences
from keras_vrae.decoders import Decoder, DenseDecoder, GRUDecoder, LSTMDecoder
from keras_vrae.encoders import DenseEncoder, Encoder, GRUEncoder, LSTMEncoder, Posterior
from keras_vrae.likelihoods import Bernoulli, Categorical, Gaussian, Likelihood
from keras_vrae.models import VAE, build
from keras_vrae.objectives import ELBO, IWAE, ElboTerms, Objective
from keras_vrae.sampling import Sampling
from keras_vrae.scaling import Standardization
from keras_vrae.version import __version__

__all__ = [
    "ELBO",
    "IWAE",
    "VAE",
    "Bernoulli",
    "Categorical",
    "Decoder",
    "DenseDecoder",
    "DenseEncoder",
    "ElboTerms",
    "Encoder",
    "GRUDecoder",
    "GRUEncoder",
    "Gaussian",
    "LSTMDecoder",
    "LSTMEncoder",
    "Likelihood",
    "Objective",
    "Posterior",
    "Sampling",
    "Standardization",
    "__version__",
    "build",
    "callbacks",
    "datasets",
    "evaluation",
    "layers",
    "optimizers",
    "schedules",
    "sequences",
]
