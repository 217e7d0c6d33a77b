"""The names that `import keras_vrae` gives."""

from keras_vrae import callbacks, datasets, evaluation, layers, optimizers, sequences
from keras_vrae.decoders import Decoder, DenseDecoder, GRUDecoder, LSTMDecoder
from keras_vrae.encoders import (
    BagEncoder,
    DenseEncoder,
    Encoder,
    GRUEncoder,
    LSTMEncoder,
    Posterior,
    TokenGRUEncoder,
    TokenLSTMEncoder,
)
from keras_vrae.layers import Sampling, Standardization
from keras_vrae.likelihoods import Bernoulli, Categorical, Gaussian, Likelihood, Multinomial
from keras_vrae.models import VAE, MedianBinarizer, SupervisedVAE, build, build_text, hash_codes
from keras_vrae.objectives import ELBO, IWAE, ElboTerms, Objective, schedules
from keras_vrae.priors import MixtureOfGaussians, Prior, StandardNormal, VampPrior
from keras_vrae.version import __version__

__all__ = [
    "ELBO",
    "IWAE",
    "VAE",
    "BagEncoder",
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
    "MedianBinarizer",
    "MixtureOfGaussians",
    "Multinomial",
    "Objective",
    "Posterior",
    "Prior",
    "Sampling",
    "StandardNormal",
    "Standardization",
    "SupervisedVAE",
    "TokenGRUEncoder",
    "TokenLSTMEncoder",
    "VampPrior",
    "__version__",
    "build",
    "build_text",
    "callbacks",
    "datasets",
    "evaluation",
    "hash_codes",
    "layers",
    "optimizers",
    "schedules",
    "sequences",
]
