"""The ordinary generative network: a multilayer perceptron from z to every value of x."""

import math

import keras
from keras import ops

from keras_vrae.backend.tensorflow.batch_split import in_shards
from keras_vrae.decoders.decoder import Decoder
from keras_vrae.layers.mlp import MLP


@keras.saving.register_keras_serializable(package="keras_vrae")
class DenseDecoder(Decoder):
    """Likelihood parameters from `num_layers` dense layers over z.

    Args:
        event_shape: shape of one example of x.
        hidden_units: units of each hidden layer, H.
        num_layers: number of hidden layers; with 0 of them the parameters are linear in z.
        activation: activation of the hidden layers, any that Keras knows (`"relu"`, `"tanh"` ...).
        **kwargs: `num_categories` as in `Decoder`, and the arguments of `keras.layers.Layer`.

    Example:
        >>> decoder = keras_vrae.DenseDecoder(event_shape=(8, 8), hidden_units=16)
        >>> decoder(np.zeros((5, 4, 2))).shape
        TensorShape([5, 4, 8, 8])
    """

    def __init__(self, event_shape, hidden_units=500, num_layers=2, activation="relu", **kwargs):
        super().__init__(event_shape, **kwargs)
        self.mlp = MLP(hidden_units, num_layers, activation, dtype=self.dtype_policy, name="mlp")
        self.output_layer = keras.layers.Dense(
            math.prod(self.parameters_shape), dtype="float32", name="parameters"
        )

    def build(self, input_shape):
        self.mlp.build(input_shape)
        self.output_layer.build(self.mlp.compute_output_shape(input_shape))
        self.built = True

    def call(self, z):
        """Returns the parameters of `p(x|z)`: `(..., Z)` becomes `(..., *event_shape)`."""
        rows = ops.reshape(z, (-1, z.shape[-1]))
        parameters = in_shards(lambda part: self.output_layer(self.mlp.on_rows(part)), rows)
        return ops.reshape(parameters, (*ops.shape(z)[:-1], *self.parameters_shape))

    def get_config(self):
        return {**super().get_config(), **self.mlp.settings()}
