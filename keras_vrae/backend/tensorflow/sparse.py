"""Products and weights of rows that are mostly zeros, as `tf.SparseTensor`s."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from keras_vrae.types import Tensor


def is_sparse_tensor(x: object) -> bool:
    """Returns whether x is a sparse tensor."""
    return isinstance(x, tf.SparseTensor)


def sparse_from_dense(x: Tensor) -> Tensor:
    """Returns a dense tensor as a sparse one."""
    return tf.sparse.from_dense(x)


def sparse_product(x: Tensor, kernel: Tensor) -> Tensor:
    """`x @ kernel`, as TensorFlow's compressed rows: several times as fast as its `SparseTensor`s.

    Args:
        x: `tf.SparseTensor` `(B, F)`.
        kernel: tensor `(F, H)`.

    Returns:
        Tensor `(B, H)` of float32.
    """
    x = tf.sparse.reorder(tf.cast(x, tf.float32))  # Compressing needs sorted rows, unchecked.
    places, shape = x.indices, x.dense_shape

    @tf.custom_gradient
    def product(values, kernel):
        def compressed():
            return tf.raw_ops.SparseTensorToCSRSparseMatrix(
                indices=places, values=values, dense_shape=shape
            )

        def gradient(upstream):
            # TensorFlow's own multiplies by a transpose that it does not form, three times as
            # slowly. In an exported model, compressed rows cannot be captured from outside.
            columns = tf.raw_ops.SparseMatrixTranspose(input=compressed(), type=tf.float32)
            of_kernel = tf.raw_ops.SparseMatrixMatMul(a=columns, b=upstream)
            row, column = tf.unstack(places, axis=1)
            pairs = tf.gather(upstream, row) * tf.gather(kernel, column)
            return tf.reduce_sum(pairs, axis=-1), of_kernel

        return tf.raw_ops.SparseMatrixMatMul(a=compressed(), b=kernel), gradient

    return product(x.values, tf.cast(kernel, tf.float32))


def on_stored_values(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Applies a function to the values that a sparse tensor stores, as dropout."""
    return x.with_values(function(x.values))


def tfidf_weights(counts: Tensor, idf: Tensor, scale: float) -> Tensor:
    """TF-IDF weights of counts, each row scaled to a length.

    Args:
        counts: `tf.SparseTensor` `(B, V)` of float32.
        idf: inverse document frequency of each term, `(V,)`.
        scale: Euclidean length of a row of weights.

    Returns:
        `tf.SparseTensor` `(B, V)`.
    """
    values = counts.values
    rows, terms = tf.unstack(counts.indices, axis=1)
    weights = tf.where(values > 0, 1.0 + tf.math.log(tf.maximum(values, 1e-12)), 0.0)
    weights *= tf.gather(idf, terms)
    squares = tf.math.unsorted_segment_sum(tf.square(weights), rows, counts.dense_shape[0])
    shares = scale / tf.maximum(tf.sqrt(squares), 1e-12)
    return counts.with_values(weights * tf.gather(shares, rows))


def to_dense(x: Tensor, shape: Sequence[int | None]) -> Tensor:
    """A sparse tensor as a dense one of a known shape."""
    return tf.ensure_shape(tf.sparse.to_dense(x), shape)
