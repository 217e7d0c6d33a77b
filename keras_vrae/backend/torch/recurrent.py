"""The LSTM and GRU layers of Keras, under the names that models are saved with."""

import keras


@keras.saving.register_keras_serializable(package="keras_vrae")
class LSTM(keras.layers.LSTM):
    """`keras.layers.LSTM`, which is cuDNN's on a GPU."""


@keras.saving.register_keras_serializable(package="keras_vrae")
class GRU(keras.layers.GRU):
    """`keras.layers.GRU`, which is cuDNN's on a GPU."""
