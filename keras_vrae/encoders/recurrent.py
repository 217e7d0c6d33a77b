"""Recurrent inference networks: the last state of an LSTM or GRU over the time steps of x."""

import math
from typing import Any

import keras
from keras import ops

from keras_vrae import layers
from keras_vrae.encoders.encoder import Encoder
from keras_vrae.layers.mlp import DEFAULT_HIDDEN_UNITS
from keras_vrae.likelihoods import Likelihood
from keras_vrae.types import Shape, Tensor
from keras_vrae.validation import SettingError, check_float, check_int, complaint


class RecurrentEncoder(Encoder):
    """`q(z|x)` from the last state of a recurrent network.

    The first axis of an example is time, the others are the features of a step: of an image
    `(28, 28)` the rows are the time steps. The number of steps may differ from batch to batch, and
    a mask leaves steps out. Subclasses name the recurrent layer.

    Args:
        latent_dim: number of latent dimensions, Z.
        hidden_units: units of each recurrent layer, H.
        num_layers: number of stacked recurrent layers.
        bidirectional: whether each layer reads x in both directions; the two last states are
            then concatenated.
        dropout: fraction of the input features of each recurrent layer to drop in training.
        reverse: whether x is read from its last step to its first, so that the steps which a
            recurrent decoder writes first are those read last.
        num_categories: for examples of tokens `(T,)`, the number of categories V; a token is read
            as a one-hot vector. None for numbers.

    Reference:
        Fabius and van Amersfoort, 2014, arXiv 1412.6581.
    """

    recurrent_layer: type[keras.layers.RNN]

    def __init__(
        self,
        latent_dim: int,
        hidden_units: int = DEFAULT_HIDDEN_UNITS,
        num_layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        reverse: bool = False,
        num_categories: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(latent_dim, **kwargs)
        self.hidden_units = check_int("hidden_units", hidden_units)
        self.num_layers = check_int("num_layers", num_layers)
        self.bidirectional = bool(bidirectional)
        self.dropout = check_float("dropout", dropout, maximum=1.0, below=True)
        self.reverse = bool(reverse)
        if num_categories is not None:
            check_int("num_categories", num_categories, minimum=2)
        self.num_categories = num_categories
        self.recurrent_layers = [self._make_layer(index) for index in range(self.num_layers)]

    def _make_layer(self, index):
        layer = self.recurrent_layer(
            self.hidden_units,
            return_sequences=index < self.num_layers - 1,
            dropout=self.dropout,
            dtype=self.dtype_policy,
            name=f"recurrent_{index}",
        )
        if not self.bidirectional:
            return layer
        return keras.layers.Bidirectional(
            layer, dtype=self.dtype_policy, name=f"bidirectional_{index}"
        )

    def connect(self, likelihood: Likelihood) -> None:
        if not self.built and self.num_categories is None:
            self.num_categories = likelihood.num_categories

    def build_features(self, input_shape: Shape) -> Shape:
        fewest = 2 if self.num_categories else 3
        if len(input_shape) < fewest or None in input_shape[2:]:
            axes = "(batch, time)" if self.num_categories else "(batch, time, features ...)"
            expected = f"{axes} for a {type(self).__name__}"
            raise SettingError(complaint("input_shape", expected, tuple(input_shape)))
        self.event_shape = (None, *input_shape[2:])
        shape = (None, None, self._feature_size())
        for layer in self.recurrent_layers:
            layer.build(shape)
            shape = layer.compute_output_shape(shape)
        return shape

    def features(self, x: Tensor, mask: Tensor | None = None, training: bool = False) -> Tensor:
        if self.num_categories:
            x = ops.one_hot(ops.cast(x, "int32"), self.num_categories, dtype=self.compute_dtype)
        if x.ndim > 3:
            x = ops.reshape(x, (*ops.shape(x)[:2], self._feature_size()))
        if self.reverse:
            x, mask = (None if part is None else ops.flip(part, axis=1) for part in (x, mask))
        for layer in self.recurrent_layers:
            x = layer(x, mask=mask, training=training)
        return x

    def _feature_size(self):
        return math.prod(self.event_shape[1:]) * (self.num_categories or 1)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "hidden_units": self.hidden_units,
            "num_layers": self.num_layers,
            "bidirectional": self.bidirectional,
            "dropout": self.dropout,
            "reverse": self.reverse,
            "num_categories": self.num_categories,
        }


@keras.saving.register_keras_serializable(package="keras_vrae")
class LSTMEncoder(RecurrentEncoder):
    """`q(z|x)` from the last state of an LSTM. Arguments as in `RecurrentEncoder`.

    Example:
        >>> encoder = keras_vrae.LSTMEncoder(latent_dim=2, hidden_units=16)
        >>> encoder(np.zeros((4, 28, 28))).z_mean.shape
        TensorShape([4, 2])

    Reference:
        Hochreiter and Schmidhuber, 1997, Neural Computation 9(8), for the layer;
        Fabius and van Amersfoort, 2014, arXiv 1412.6581, for its use here.
    """

    recurrent_layer = layers.LSTM


@keras.saving.register_keras_serializable(package="keras_vrae")
class GRUEncoder(RecurrentEncoder):
    """`q(z|x)` from the last state of a GRU. Arguments as in `RecurrentEncoder`.

    Example:
        >>> encoder = keras_vrae.GRUEncoder(latent_dim=2, hidden_units=16, bidirectional=True)
        >>> encoder(np.zeros((4, 28, 28))).z_mean.shape
        TensorShape([4, 2])

    Reference:
        Cho et al., 2014, arXiv 1406.1078, for the layer.
    """

    recurrent_layer = layers.GRU
