"""The inference network over the counts of a document's terms."""

import math
from collections.abc import Callable
from typing import Any, Literal

import keras
from keras import ops

from keras_vrae import backend, layers
from keras_vrae.encoders.encoder import Encoder
from keras_vrae.layers.mlp import DEFAULT_HIDDEN_UNITS, MLP
from keras_vrae.types import Shape, Tensor
from keras_vrae.validation import check_float, check_int

FIRST_SCALE = 0.1


@keras.saving.register_keras_serializable(package="keras_vrae")
class BagEncoder(Encoder):
    """`q(z|x)` from dense layers over the weighted counts of the terms in x.

    Args:
        latent_dim: number of latent dimensions, Z.
        hidden_units: units of each hidden layer, H.
        num_layers: number of hidden layers, at least 1.
        activation: activation of the hidden layers, any that Keras knows.
        weighting: what the network sees of the counts, `"tfidf"`, `"counts"` or `"binary"`; see
            `keras_vrae.layers.TermWeighting`. For `"tfidf"` call `adapt` with the training counts.
        scale, idf_power: of the TF-IDF weights: the length of a document's vector of them, and the
            power of the inverse document frequency.
        dropout: fraction of the hidden units to drop in training.
        word_dropout: fraction of the terms of each document to drop in training.
        **kwargs: further arguments of `Encoder`.

    Example:
        >>> encoder = keras_vrae.BagEncoder(latent_dim=2, hidden_units=16)
        >>> encoder.adapt(np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 1.0]]))
        >>> encoder(np.array([[1.0, 0.0, 2.0]])).z_mean.shape
        TensorShape([1, 2])

    Reference:
        Miao, Yu and Blunsom, 2016, arXiv 1511.06038; Chaidaroon and Fang, 2017, arXiv 1708.03436.
    """

    reads_sparse = True

    def __init__(
        self,
        latent_dim: int,
        hidden_units: int = DEFAULT_HIDDEN_UNITS,
        num_layers: int = 1,
        activation: str | Callable[[Tensor], Tensor] | None = "relu",
        weighting: Literal["tfidf", "counts", "binary"] = "tfidf",
        scale: float = 3.0,
        idf_power: float = 1.0,
        dropout: float = 0.0,
        word_dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(latent_dim, **kwargs)
        policy = self.dtype_policy
        self.num_layers = check_int("num_layers", num_layers)
        self.dropout = check_float("dropout", dropout, maximum=1.0, below=True)
        self.weighting = layers.TermWeighting(weighting, scale, idf_power, name="weighting")
        self.first = layers.SparseDense(
            hidden_units,
            activation,
            # The weights of a document's few terms are of this size, not those of all terms.
            kernel_initializer=keras.initializers.RandomNormal(stddev=FIRST_SCALE),
            dropout=word_dropout,
            dtype=policy,
            name="first",
        )
        self.mlp = MLP(hidden_units, self.num_layers - 1, activation, dtype=policy, name="mlp")
        self.drop = keras.layers.Dropout(self.dropout, dtype=policy, name="dropout")

    def adapt(self, counts: Any) -> None:
        """Finds the inverse document frequencies in the training counts `(N, V)`."""
        self.weighting.adapt(counts)

    def build_features(self, input_shape: Shape) -> Shape:
        flat = (None, math.prod(input_shape[1:]))
        for layer in (self.weighting, self.first):
            if not layer.built:
                layer.build(flat)
        self.mlp.build((None, self.mlp.hidden_units))
        return (None, self.mlp.hidden_units)

    def features(self, x: Tensor, mask: Tensor | None = None, training: bool = False) -> Tensor:
        if not backend.is_sparse_tensor(x):
            x = ops.reshape(self.without_masked(x, mask), (-1, math.prod(self.event_shape)))
            if not self.first.dense_product:
                x = backend.sparse_from_dense(x)
        x = self.first(self.weighting(x), training=training)
        return self.drop(self.mlp(x), training=training)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            **self.mlp.settings(),
            "num_layers": self.num_layers,
            "weighting": self.weighting.kind,
            "scale": self.weighting.scale,
            "idf_power": self.weighting.idf_power,
            "dropout": self.dropout,
            "word_dropout": self.first.dropout,
        }
