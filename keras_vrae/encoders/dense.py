"""The ordinary inference network: a multilayer perceptron over the flattened example."""

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from keras_vrae.encoders.encoder import Encoder
from keras_vrae.layers.mlp import DEFAULT_HIDDEN_UNITS, MLP
from keras_vrae.types import Shape, Tensor
from keras_vrae.validation import SettingError, complaint


@keras.saving.register_keras_serializable(package="keras_vrae")
class DenseEncoder(Encoder):
    """`q(z|x)` from `num_layers` dense layers over all values of x at once.

    Time steps that a mask leaves out count as zero.

    Args:
        latent_dim: number of latent dimensions, Z.
        hidden_units: units of each hidden layer, H.
        num_layers: number of hidden layers.
        activation: activation of the hidden layers, any that Keras knows (`"relu"`, `"tanh"` ...).

    Example:
        >>> encoder = keras_vrae.DenseEncoder(latent_dim=2, hidden_units=16)
        >>> encoder(np.zeros((4, 8, 8))).z_mean.shape
        TensorShape([4, 2])

    Reference:
        Kingma and Welling, 2013, arXiv 1312.6114, appendix C.
    """

    is_light = True
    reads_vectors = True

    def __init__(
        self,
        latent_dim: int,
        hidden_units: int = DEFAULT_HIDDEN_UNITS,
        num_layers: int = 2,
        activation: str | Callable[[Tensor], Tensor] | None = "relu",
        **kwargs: Any,
    ) -> None:
        super().__init__(latent_dim, **kwargs)
        self.mlp = MLP(hidden_units, num_layers, activation, dtype=self.dtype_policy, name="mlp")

    def build_features(self, input_shape: Shape) -> Shape:
        if len(input_shape) < 2 or None in input_shape[1:]:
            expected = "batches of a fixed shape of rank 2 or more for a DenseEncoder"
            raise SettingError(complaint("input_shape", expected, tuple(input_shape)))
        flat = (None, math.prod(input_shape[1:]))
        self.mlp.build(flat)
        return self.mlp.compute_output_shape(flat)

    def features(self, x: Tensor, mask: Tensor | None = None, training: bool = False) -> Tensor:
        x = self.without_masked(x, mask)
        return self.mlp(ops.reshape(x, (-1, math.prod(self.event_shape))))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.mlp.settings()}
