"""Layers for counts of terms: how much each of them weighs, and a product that skips the zeros."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_vrae.validation import SettingError, check_choice, check_float, complaint

WEIGHTINGS = ("counts", "binary", "tfidf")


@keras.saving.register_keras_serializable(package="keras_vrae")
class TermWeighting(keras.layers.Layer):
    """Counts of terms `(B, V)`, a tensor or a `tf.SparseTensor`, to the same of their weights.

    `"counts"` are `log(1 + count)`, `"binary"` 1 for what is there, and `"tfidf"` counts times the
    inverse document frequency that `adapt` has found, `(1 + log(count)) * (log((1 + N) / (1 + N_v))
    + 1)`, scaled to length 1 a document and then by `scale`. The frequencies are weights of the
    layer, as they are with the power of `idf_power`.

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

    def __init__(self, kind="tfidf", scale=1.0, idf_power=1.0, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.kind = check_choice("kind", kind, WEIGHTINGS)
        self.scale = float(scale)
        self.idf_power = check_float("idf_power", idf_power)

    def build(self, input_shape):
        if self.kind == "tfidf":
            self.idf = self.add_weight(
                (input_shape[-1],), initializer="ones", trainable=False, name="idf"
            )
        self.built = True

    def adapt(self, counts):
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

    def call(self, counts):
        if not isinstance(counts, tf.SparseTensor):
            weights = tf.sparse.to_dense(self(tf.sparse.from_dense(counts)))
            return tf.ensure_shape(weights, counts.shape)
        counts = tf.cast(counts, "float32")
        values = counts.values
        if self.kind == "binary":
            return counts.with_values(tf.cast(values > 0, "float32"))
        if self.kind == "counts":
            return counts.with_values(tf.math.log1p(values))
        rows, terms = tf.unstack(counts.indices, axis=1)
        weights = tf.where(values > 0, 1.0 + tf.math.log(tf.maximum(values, 1e-12)), 0.0)
        weights *= tf.gather(self.idf, terms)
        squares = tf.math.unsorted_segment_sum(tf.square(weights), rows, counts.dense_shape[0])
        shares = self.scale / tf.maximum(tf.sqrt(squares), 1e-12)
        return counts.with_values(weights * tf.gather(shares, rows))

    def get_config(self):
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

    Example:
        >>> layer = keras_vrae.layers.SparseDense(3, activation="relu")
        >>> layer(np.eye(4, dtype="float32")).shape
        TensorShape([4, 3])
    """

    def __init__(self, *args, dropout=0.0, **kwargs):
        super().__init__(*args, **kwargs)
        self.dropout = check_float("dropout", dropout, maximum=1.0, below=True)
        self.seed_generator = keras.random.SeedGenerator()
        self.supports_jit = False

    def call(self, x, training=None):
        if not isinstance(x, tf.SparseTensor):
            x = tf.sparse.from_dense(x)
        if training and self.dropout:
            values = keras.random.dropout(x.values, self.dropout, seed=self.seed_generator)
            x = x.with_values(values)
        y = sparse_product(tf.cast(x, "float32"), tf.cast(self.kernel, "float32"))
        y = ops.cast(ops.reshape(y, (-1, self.units)), self.compute_dtype)
        if self.use_bias:
            y = y + ops.cast(self.bias, self.compute_dtype)
        return y if self.activation is None else self.activation(y)

    def get_config(self):
        return {**super().get_config(), "dropout": self.dropout}


def sparse_product(x, kernel):
    """`x @ kernel`, as TensorFlow's compressed rows: several times as fast as its `SparseTensor`s.

    Args:
        x: `tf.SparseTensor` `(B, F)` of float32.
        kernel: tensor `(F, H)` of float32.

    Returns:
        Tensor `(B, H)`.
    """
    x = tf.sparse.reorder(x)  # Compressing needs row after row, and does not look.
    places, shape = x.indices, x.dense_shape

    @tf.custom_gradient
    def product(values, kernel):
        def compressed():
            return tf.raw_ops.SparseTensorToCSRSparseMatrix(
                indices=places, values=values, dense_shape=shape
            )

        def gradient(upstream):
            # That of TensorFlow multiplies by a transpose it does not make, three times as slowly.
            # Compressed rows cannot be handed over from outside where the model is exported.
            columns = tf.raw_ops.SparseMatrixTranspose(input=compressed(), type=tf.float32)
            of_kernel = tf.raw_ops.SparseMatrixMatMul(a=columns, b=upstream)
            row, column = tf.unstack(places, axis=1)
            pairs = tf.gather(upstream, row) * tf.gather(kernel, column)
            return tf.reduce_sum(pairs, axis=-1), of_kernel

        return tf.raw_ops.SparseMatrixMatMul(a=compressed(), b=kernel), gradient

    return product(x.values, kernel)
