"""Layers for counts of terms: their weights, and a product that skips the zeros."""

from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from keras_vrae import backend
from keras_vrae.types import Shape, Tensor
from keras_vrae.validation import SettingError, check_choice, check_float, complaint

SMALLEST = 1e-12
WEIGHTINGS = ("counts", "binary", "tfidf")


@keras.saving.register_keras_serializable(package="keras_vrae")
class TermWeighting(keras.layers.Layer):
    """Weights of terms, made of their counts `(B, V)`, a tensor or a `tf.SparseTensor`.

    `"counts"` are `log(1 + count)`, `"binary"` is 1 for a term that occurs, and `"tfidf"` is the
    count times the inverse document frequency that `adapt` finds, `(1 + log(count)) * (log((1 + N)
    / (1 + N_v)) + 1)`, scaled to length 1 per document and then by `scale`. The frequencies, with
    the power of `idf_power`, are weights of the layer.

    Args:
        kind: `"counts"`, `"binary"` or `"tfidf"`.
        scale: length of a document's vector of TF-IDF weights.
        idf_power: the power of the inverse document frequency; above 1 rare terms weigh more.

    Example:
        >>> layer = keras_vrae.layers.TermWeighting("tfidf", scale=1.0)
        >>> layer.adapt(np.array([[1, 0], [1, 1]]))
        >>> [round(float(weight), 3) for weight in layer(np.array([[1.0, 1.0]]))[0]]
        [0.58, 0.815]

    Reference:
        Salton and Buckley, 1988, Information Processing and Management 24(5); the formula is the
        one of scikit-learn's `TfidfTransformer(sublinear_tf=True)`.
    """

    def __init__(
        self,
        kind: Literal["counts", "binary", "tfidf"] = "tfidf",
        scale: float = 1.0,
        idf_power: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.kind = check_choice("kind", kind, WEIGHTINGS)
        self.scale = float(scale)
        self.idf_power = check_float("idf_power", idf_power)

    def build(self, input_shape: Shape) -> None:
        if self.kind == "tfidf":
            self.idf = self.add_weight(
                (input_shape[-1],), initializer="ones", trainable=False, name="idf"
            )
        self.built = True

    def adapt(self, counts: Any) -> None:
        """Finds the inverse document frequencies in counts `(N, V)`, an array or a sparse matrix.

        Raises:
            SettingError: for counts of another rank, or none.
        """
        if len(counts.shape) != 2 or not counts.shape[0]:
            raise SettingError(complaint("counts", "of shape (N, V)", counts.shape, of=".shape"))
        if not self.built:
            self.build((None, counts.shape[1]))
        if self.kind == "tfidf":
            there = counts != 0
            frequency = np.asarray(there.sum(axis=0)).ravel()
            idf = np.log((1 + counts.shape[0]) / (1 + frequency)) + 1
            self.idf.assign(idf**self.idf_power)

    def call(self, counts: Tensor) -> Tensor:
        counts = ops.cast(counts, "float32")
        if not backend.is_sparse_tensor(counts):
            return self._weights_of_dense(counts)
        if self.kind == "binary":
            return backend.on_stored_values(lambda c: ops.cast(c > 0, "float32"), counts)
        if self.kind == "counts":
            return backend.on_stored_values(ops.log1p, counts)
        return backend.tfidf_weights(counts, self.idf, self.scale)

    def _weights_of_dense(self, counts):
        if self.kind == "binary":
            return ops.cast(counts > 0, "float32")
        if self.kind == "counts":
            return ops.log1p(counts)
        logs = ops.log(ops.maximum(counts, SMALLEST)) + 1.0
        weights = ops.where(counts > 0, logs, 0.0) * self.idf
        norm = ops.sqrt(ops.sum(ops.square(weights), axis=-1, keepdims=True))
        return weights * (self.scale / ops.maximum(norm, SMALLEST))

    def get_config(self) -> dict[str, Any]:
        settings = {"kind": self.kind, "scale": self.scale, "idf_power": self.idf_power}
        return {**super().get_config(), **settings}


@keras.saving.register_keras_serializable(package="keras_vrae")
class SparseDense(keras.layers.Dense):
    """`keras.layers.Dense` for rows that are mostly zeros: the product skips them.

    Arguments, weights and results are those of `Dense`; x may be a `tf.SparseTensor` too. With
    10,000 inputs of which 100 are not zero, forward and backward pass take a fraction of the time.
    The product is in float32 under every dtype policy. XLA cannot compile it.

    Args:
        units, activation, ...: as in `keras.layers.Dense`.
        dropout: fraction of the inputs that are not zero to drop in training.

    Attributes:
        dense_product: whether dense x is multiplied as it is, by an operation that every runtime
            has; for graphs that leave TensorFlow.

    Example:
        >>> layer = keras_vrae.layers.SparseDense(3, activation="relu")
        >>> layer(np.eye(4, dtype="float32")).shape
        TensorShape([4, 3])
    """

    def __init__(self, *args: Any, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dropout = check_float("dropout", dropout, maximum=1.0, below=True)
        self.seed_generator = keras.random.SeedGenerator()
        self.supports_jit = self.dense_product = not backend.has_sparse_tensors

    def call(self, x: Tensor, training: bool | None = None) -> Tensor:
        if self.dense_product and not backend.is_sparse_tensor(x):
            x = ops.cast(x, "float32")
            if training and self.dropout:
                x = keras.random.dropout(x, self.dropout, seed=self.seed_generator)
            return self._finish(ops.matmul(x, ops.cast(self.kernel, "float32")))
        if not backend.is_sparse_tensor(x):
            x = backend.sparse_from_dense(x)
        if training and self.dropout:
            x = backend.on_stored_values(
                lambda values: keras.random.dropout(values, self.dropout, seed=self.seed_generator),
                x,
            )
        return self._finish(backend.sparse_product(x, self.kernel))

    def _finish(self, y):
        y = ops.cast(ops.reshape(y, (-1, self.units)), self.compute_dtype)
        if self.use_bias:
            y = y + ops.cast(self.bias, self.compute_dtype)
        return y if self.activation is None else self.activation(y)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dropout": self.dropout}
