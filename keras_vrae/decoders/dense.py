"""The ordinary generative network: a multilayer perceptron from z to every value of x."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from keras_vrae import backend
from keras_vrae.batch import Batch
from keras_vrae.decoders.decoder import Decoder
from keras_vrae.layers.mlp import DEFAULT_HIDDEN_UNITS, MLP
from keras_vrae.types import Shape, Tensor
from keras_vrae.validation import SettingError, complaint


@keras.saving.register_keras_serializable(package="keras_vrae")
class DenseDecoder(Decoder):
    """Likelihood parameters from `num_layers` dense layers over z.

    Args:
        event_shape: shape of one example of x.
        hidden_units: units of each hidden layer, H.
        num_layers: number of hidden layers; with 0 of them the parameters are linear in z.
        activation: activation of the hidden layers, any that Keras knows (`"relu"`, `"tanh"` ...).
        **kwargs: further arguments of `Decoder` and of `keras.layers.Layer`.

    Example:
        >>> decoder = keras_vrae.DenseDecoder(event_shape=(8, 8), hidden_units=16)
        >>> decoder(np.zeros((5, 4, 2))).shape
        TensorShape([5, 4, 8, 8])
    """

    is_light = True

    def __init__(
        self,
        event_shape: Sequence[int | None],
        hidden_units: int = DEFAULT_HIDDEN_UNITS,
        num_layers: int = 2,
        activation: str | Callable[[Tensor], Tensor] | None = "relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape, **kwargs)
        self.mlp = MLP(hidden_units, num_layers, activation, dtype=self.dtype_policy, name="mlp")
        # Keras draws an initializer's seed when it is made, so the order of the parts counts.
        self.output_initializer = keras.initializers.GlorotUniform()

    def build(self, input_shape: Shape) -> None:
        if None in self.parameters_shape:
            expected = "of fixed sizes for a DenseDecoder"
            raise SettingError(complaint("event_shape", expected, self.event_shape))
        self.output_layer = keras.layers.Dense(
            math.prod(self.parameters_shape),
            kernel_initializer=self.output_initializer,
            dtype="float32",
            name="parameters",
        )
        self.mlp.build(input_shape)
        self.output_layer.build(self.mlp.compute_output_shape(input_shape))
        self.built = True

    def call(self, z: Tensor, batch: Batch | None = None, training: bool = False) -> Tensor:
        rows = ops.reshape(z, (-1, z.shape[-1]))
        parameters = backend.split_over_cores(
            lambda part: self.output_layer(self.mlp.on_rows(part)), rows
        )
        return ops.reshape(parameters, (*ops.shape(z)[:-1], *self.parameters_shape))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.mlp.settings()}
