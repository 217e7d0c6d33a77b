"""The stack of hidden layers that the dense encoder and the dense decoder share."""

from collections.abc import Callable
from typing import Any

import keras

from keras_vrae import backend
from keras_vrae.types import Shape, Tensor
from keras_vrae.validation import check_int

DEFAULT_HIDDEN_UNITS = 500  # Of every network, as in the study that compares the encoders.


@keras.saving.register_keras_serializable(package="keras_vrae")
class MLP(keras.layers.Layer):
    """`num_layers` dense layers of `hidden_units` each: `(..., F)` becomes `(..., H)`.

    Args:
        hidden_units: units of each layer, H.
        num_layers: number of layers; 0 of them return their input.
        activation: activation of every layer, any that Keras knows.
    """

    def __init__(
        self,
        hidden_units: int,
        num_layers: int,
        activation: str | Callable[[Tensor], Tensor] | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.hidden_units = check_int("hidden_units", hidden_units)
        self.num_layers = check_int("num_layers", num_layers, minimum=0)
        self.activation = keras.activations.get(activation)
        self.layers = [
            keras.layers.Dense(
                self.hidden_units, self.activation, dtype=self.dtype_policy, name=f"hidden_{index}"
            )
            for index in range(self.num_layers)
        ]

    def build(self, input_shape: Shape) -> None:
        for layer in self.layers:
            layer.build(input_shape)
            input_shape = (*input_shape[:-1], self.hidden_units)
        self.built = True

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.hidden_units) if self.layers else tuple(input_shape)

    def call(self, x: Tensor) -> Tensor:
        return backend.split_over_cores(self.on_rows, x)

    def on_rows(self, x: Tensor) -> Tensor:
        """The result of `call`, without splitting the batch."""
        for layer in self.layers:
            x = layer(x)
        return x

    def settings(self) -> dict[str, Any]:
        """The arguments that make this stack again, for the config of the layer that owns it."""
        return {
            "hidden_units": self.hidden_units,
            "num_layers": self.num_layers,
            "activation": keras.activations.serialize(self.activation),
        }

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.settings()}
