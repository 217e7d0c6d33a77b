"""Noise of each row that depends on its seed alone, not on the other rows."""

from collections.abc import Sequence

import tensorflow as tf

from keras_vrae.types import Tensor


def normal_rows(seed: Tensor, row_shape: Sequence[int]) -> Tensor:
    """Standard normal noise for each row.

    The Philox counter is seeded with each row's own number, so that a row's noise is the same in
    every batch, on every server and after every restart.

    Args:
        seed: int64 tensor `(B,)`.
        row_shape: shape of the noise of a row.

    Returns:
        float32 tensor `(B, *row_shape)`.
    """

    def noise(number):
        pair = tf.stack([number, tf.zeros_like(number)])
        return tf.random.stateless_normal(row_shape, pair, alg="philox")

    return tf.map_fn(noise, seed, fn_output_signature=tf.TensorSpec(row_shape, tf.float32))


def uniform_rows(seed: Tensor) -> Tensor:
    """Uniform noise for each row, as it chooses the component of a mixture; see `normal_rows`.

    Args:
        seed: int64 tensor `(B,)`.

    Returns:
        float32 tensor `(B,)`, from 0 to 1.
    """

    def noise(number):
        pair = tf.stack([number, tf.ones_like(number)])
        return tf.random.stateless_uniform((), pair, alg="philox")

    return tf.map_fn(noise, seed, fn_output_signature=tf.TensorSpec((), tf.float32))
