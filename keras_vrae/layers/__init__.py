"""Layers of Keras in a form that is faster on a CPU, and what text needs beside them."""

from keras_vrae.backend.tensorflow.recurrent.layers import GRU, LSTM
from keras_vrae.layers.terms import SparseDense, TermWeighting
from keras_vrae.layers.text import TextVectorizer

__all__ = ["GRU", "LSTM", "SparseDense", "TermWeighting", "TextVectorizer"]
