"""Recurrent inference networks over the words of a document."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_vrae.encoders.recurrent import GRUEncoder, LSTMEncoder, RecurrentEncoder
from keras_vrae.types import Shape, Tensor
from keras_vrae.validation import SettingError, check_int, complaint


class TokenReader(RecurrentEncoder):
    """Adds an embedding of word numbers `(B, T)` to a recurrent encoder; 0 is padding.

    Args:
        latent_dim: number of latent dimensions, Z.
        vocabulary_size: number of terms V; number i of a word stands for term i - 1.
        embedding_dim: size of the vector of each term, E.
        **kwargs: further arguments of the recurrent encoder.
    """

    def __init__(
        self, latent_dim: int, vocabulary_size: int, embedding_dim: int = 100, **kwargs: Any
    ) -> None:
        super().__init__(latent_dim, **kwargs)
        self.vocabulary_size = check_int("vocabulary_size", vocabulary_size)
        self.embedding_dim = check_int("embedding_dim", embedding_dim)
        self.embedding = keras.layers.Embedding(
            self.vocabulary_size + 1, self.embedding_dim, dtype=self.dtype_policy, name="embedding"
        )

    def build_features(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 2:
            expected = f"(batch, time) for a {type(self).__name__}"
            raise SettingError(complaint("input_shape", expected, tuple(input_shape)))
        self.embedding.build(input_shape)
        shape = super().build_features((None, None, self.embedding_dim))
        self.event_shape = (None,)
        return shape

    def features(self, x: Tensor, mask: Tensor | None = None, training: bool = False) -> Tensor:
        words = ops.cast(x, "int32")
        is_word = words > 0
        if mask is not None:
            is_word = ops.logical_and(is_word, mask)
        return super().features(self.embedding(words), mask=is_word, training=training)

    def set_vectors(self, vectors: np.ndarray) -> None:
        """Makes training begin with known vectors `(V, E)`.

        Raises:
            SettingError: for vectors of another shape.
        """
        expected = (self.vocabulary_size, self.embedding_dim)
        if tuple(vectors.shape) != expected:
            wanted = f"of shape {expected}"
            raise SettingError(complaint("vectors", wanted, vectors.shape, of=".shape"))
        if not self.embedding.built:
            self.embedding.build((None, None))
        table = ops.convert_to_numpy(self.embedding.embeddings).copy()
        table[1:] = vectors
        self.embedding.embeddings.assign(table)

    def get_config(self) -> dict[str, Any]:
        own = {"vocabulary_size": self.vocabulary_size, "embedding_dim": self.embedding_dim}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="keras_vrae")
class TokenLSTMEncoder(TokenReader, LSTMEncoder):
    """`q(z|x)` from the last state of an LSTM over words. Arguments as in `TokenReader`.

    Example:
        >>> encoder = keras_vrae.TokenLSTMEncoder(2, vocabulary_size=50, hidden_units=16)
        >>> encoder(np.array([[3, 7, 0], [50, 1, 2]])).z_mean.shape
        TensorShape([2, 2])

    Reference:
        Bowman et al., 2016, arXiv 1511.06349, for an LSTM over words as inference network.
    """


@keras.saving.register_keras_serializable(package="keras_vrae")
class TokenGRUEncoder(TokenReader, GRUEncoder):
    """`q(z|x)` from the last state of a GRU over words. Arguments as in `TokenReader`.

    Example:
        >>> encoder = keras_vrae.TokenGRUEncoder(2, vocabulary_size=50, hidden_units=16)
        >>> encoder(np.array([[3, 7, 0], [50, 1, 2]])).z_mean.shape
        TensorShape([2, 2])
    """
