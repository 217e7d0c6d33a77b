"""Layers of Keras in a form that is faster on a CPU."""

from keras_vrae.layers.recurrent import GRU, LSTM

__all__ = ["GRU", "LSTM"]
