"""Layers that models are built of, some of them those of Keras in a faster form."""

from keras_vrae.backend import GRU, LSTM
from keras_vrae.layers.mlp import DEFAULT_HIDDEN_UNITS, MLP
from keras_vrae.layers.sampling import GradientGate, Sampling, SavesSeed
from keras_vrae.layers.standardization import Standardization
from keras_vrae.layers.terms import SparseDense, TermWeighting
from keras_vrae.layers.text import TextVectorizer

__all__ = [
    "DEFAULT_HIDDEN_UNITS",
    "GRU",
    "LSTM",
    "MLP",
    "GradientGate",
    "Sampling",
    "SavesSeed",
    "SparseDense",
    "Standardization",
    "TermWeighting",
    "TextVectorizer",
]
