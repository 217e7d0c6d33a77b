"""Hash codes: the means of q(z|x) as bits, eight to a byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from keras_vrae.types import Examples, Shape, Tensor
from keras_vrae.validation import SettingError, complaint

if TYPE_CHECKING:
    from keras_vrae.models.vae import VAE

BITS = 8


@keras.saving.register_keras_serializable(package="keras_vrae")
class MedianBinarizer(keras.layers.Layer):
    """Turns codes `(B, Z)` into bits: 1 if a value is above the median that `adapt` finds.

    With the median as threshold each bit is on for half of the examples, so that it carries as much
    as a bit can. The thresholds are weights of the layer and travel with it. Codes may have fewer
    dimensions than those that were adapted to; they are the first ones, such as the dimensions
    that labels see.

    Example:
        >>> layer = keras_vrae.MedianBinarizer()
        >>> layer.adapt(np.array([[0.0, 5.0], [1.0, 6.0], [2.0, 9.0]]))
        >>> layer(np.array([[3.0, 6.5], [0.5, 5.5]])).numpy()
        array([[1, 1],
               [0, 0]], dtype=uint8)

    Reference:
        Weiss, Torralba and Fergus, 2009, Spectral Hashing (NIPS); for codes of a variational
        autoencoder Chaidaroon and Fang, 2017, arXiv 1708.03436, section 4.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.supports_jit = True

    def build(self, input_shape: Shape) -> None:
        self.thresholds = self.add_weight(
            (input_shape[-1],), initializer="zeros", trainable=False, name="thresholds"
        )
        self.built = True

    def adapt(self, codes: ArrayLike) -> None:
        """Takes the median of each dimension of the training codes `(N, Z)` as its threshold.

        Raises:
            SettingError: for codes of another rank, of another number of dimensions than before,
                and for an empty array.
        """
        codes = np.asarray(codes, "float32")
        if codes.ndim != 2 or not len(codes):
            raise SettingError(complaint("codes", "of shape (N, Z)", codes.shape, of=".shape"))
        if not self.built:
            self.build(codes.shape)
        size = self.thresholds.shape[0]
        if codes.shape[1] != size:
            raise SettingError(
                complaint("codes", f"of shape (N, {size})", codes.shape, of=".shape")
            )
        self.thresholds.assign(np.median(codes, axis=0))

    def call(self, codes: Tensor) -> Tensor:
        size = self.thresholds.shape[0]
        if codes.shape[-1] > size:
            expected = f"of at most {size} dimensions, as many as `adapt` was given"
            raise SettingError(complaint("codes", expected, tuple(codes.shape), of=".shape"))
        return ops.cast(codes > self.thresholds[: codes.shape[-1]], "uint8")

    def compute_output_spec(self, codes: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor(codes.shape, "uint8")


def pack_bits(bits: Tensor) -> Tensor:
    """Bits `(B, Z)` to bytes `(B, ceil(Z / 8))`, uint8; the first bit is the highest of its byte.

    The bits that fill up the last byte are zero, which changes no distance.

    Example:
        >>> pack_bits(np.array([[1, 0, 0, 0, 0, 0, 0, 1, 1]], "uint8"))
        <tf.Tensor: shape=(1, 2), dtype=uint8, numpy=array([[129, 128]], dtype=uint8)>
    """
    bits = ops.convert_to_tensor(bits)
    bits = ops.pad(bits, ((0, 0), (0, -bits.shape[-1] % BITS)))
    values = 2 ** np.arange(BITS - 1, -1, -1)
    octets = ops.reshape(ops.cast(bits, "int32"), (-1, bits.shape[-1] // BITS, BITS))
    return ops.cast(ops.sum(octets * values, axis=-1), "uint8")


def hash_codes(model: VAE, x: Examples, batch_size: int = 512) -> np.ndarray:
    """The hash code of each example: the bits of its shared latent dimensions, packed to bytes.

    Args:
        model: a `VAE` with a `binarizer`.
        x: examples, `(N, ...)`, or a sparse matrix.
        batch_size: examples to work on at a time.

    Returns:
        NumPy array `(N, ceil(Z / 8))` of uint8, as `numpy.packbits` packs and
        `faiss.IndexBinaryFlat` searches.

    Raises:
        SettingError: for a model without a binarizer that has been adapted.

    Example:
        >>> vae = keras_vrae.build(
        ...     "dense", (4,), latent_dim=16, hidden_units=8, binarizer=keras_vrae.MedianBinarizer()
        ... )
        >>> x = np.random.default_rng(0).random((10, 4))
        >>> vae.binarizer.adapt(vae.encode(x).z_mean)
        >>> keras_vrae.hash_codes(vae, x).shape
        (10, 2)
    """
    if model.binarizer is None or not model.binarizer.built:
        expected = "a VAE whose `binarizer` has been adapted to the training codes"
        raise SettingError(complaint("model", expected, model))
    codes = model.encode(x, batch_size).z_mean[:, : model.shared_dim]
    return np.packbits(ops.convert_to_numpy(model.binarizer(codes)), axis=1)
