"""Optimizers of Keras in a form that is faster on a CPU."""

from keras_vrae.backend import Adam

__all__ = ["Adam"]
