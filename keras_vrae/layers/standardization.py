"""The units of the data and those of the networks."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from keras_vrae import backend
from keras_vrae.types import Tensor
from keras_vrae.validation import SettingError, complaint

# Share of a channel's scale that the rounding of float32 may take, at the channel's mean.
LARGEST_ROUNDING = 1e-3


@keras.saving.register_keras_serializable(package="keras_vrae")
class Standardization(keras.layers.Layer):
    """`(x - mean) / scale` for each channel, and back.

    A model with one takes and gives examples in the units of the data, also after it was saved or
    exported, while its networks and its likelihood see standardized values. Values that come in
    float64 are standardized in float64, so that a small spread around a large mean is kept.

    Args:
        mean, scale: a number for each channel, the last axis of an example; scales above 0.

    Raises:
        SettingError: for values that are not finite, different numbers of them, and scales of 0
            or less.

    Example:
        >>> standardization = keras_vrae.Standardization.of(np.array([[[1.0], [3.0]]]))
        >>> standardization.mean, standardization.scale
        ([2.0], [1.0])
        >>> standardization(np.array([[[4.0]]])).numpy().tolist()
        [[[2.0]]]
    """

    def __init__(self, mean: ArrayLike, scale: ArrayLike, **kwargs: Any) -> None:
        # Without autocast float64 arrives as it is.
        super().__init__(**{"dtype": "float32", "autocast": False, **kwargs})
        self.mean = [float(value) for value in np.ravel(mean)]
        self.scale = [float(value) for value in np.ravel(scale)]
        if len(self.mean) != len(self.scale) or not np.isfinite(self.mean + self.scale).all():
            raise SettingError(complaint("scale", "finite, one for each mean", self.scale))
        if min(self.scale) <= 0:
            raise SettingError(complaint("scale", "above 0", self.scale))
        self.built = True

    @classmethod
    def of(cls, x: ArrayLike) -> "Standardization":
        """The standardization that gives data `(..., D)` mean 0 and standard deviation 1.

        A channel that is constant is shifted only.
        """
        x = np.asarray(x, "float64")
        x = x.reshape(-1, x.shape[-1])
        mean, scale = x.mean(axis=0), x.std(axis=0)
        constant = scale <= 1e-9 * np.maximum(1.0, np.abs(mean))
        return cls(mean, np.where(constant, 1.0, scale))

    @property
    def needs_float64(self) -> bool:
        """True if float32 loses the values of a channel, as its mean is so large for its scale."""
        spacing = np.spacing(np.abs(np.array(self.mean, "float32"))).astype("float64")
        return bool(np.any(spacing > LARGEST_ROUNDING * np.array(self.scale)))

    def check_precision(self) -> None:
        """Raises `SettingError` if a channel needs float64 and the backend has none."""
        if self.needs_float64 and not backend.has_float64:
            expected = "near 0 for its scale, as JAX has no float64; take tensorflow or torch"
            raise SettingError(complaint("mean", expected, self.mean))

    def call(self, x: Tensor) -> Tensor:
        """Values in the units of the data to float32 in those of the networks."""
        dtype = _precision(x)
        mean, scale = (ops.convert_to_tensor(part, dtype) for part in (self.mean, self.scale))
        return ops.cast((ops.cast(x, dtype) - mean) / scale, "float32")

    def inverse(self, x: Tensor) -> Tensor:
        """Values in the units of the networks to those of the data.

        They are float32, or float64 if a channel needs that.
        """
        dtype = "float64" if self.needs_float64 else "float32"
        mean, scale = (ops.convert_to_tensor(part, dtype) for part in (self.mean, self.scale))
        return ops.cast(x, dtype) * scale + mean

    def of_array(self, x: ArrayLike) -> np.ndarray:
        """A NumPy array of float64 in the units of the networks."""
        return (np.asarray(x, "float64") - self.mean) / self.scale

    @property
    def output_shape(self) -> tuple[None, int]:
        """Shape of a batch, as far as it is known, for the summary of a model."""
        return (None, len(self.mean))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "scale": self.scale}


def _precision(x):
    """The type in which to compute with x: float64 if x is of it, otherwise float32."""
    wide = keras.backend.standardize_dtype(x.dtype) == "float64"
    return "float64" if wide else "float32"
