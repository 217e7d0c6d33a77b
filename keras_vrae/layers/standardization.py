"""The units of the data and those of the networks."""

import keras
import numpy as np
from keras import ops

from keras_vrae.validation import SettingError, complaint


@keras.saving.register_keras_serializable(package="keras_vrae")
class Standardization(keras.layers.Layer):
    """`(x - mean) / scale` for each channel, and back.

    A model that has one takes and gives examples in the units of the data, also after it was saved
    or exported, while its networks and its likelihood see standardized values.

    Args:
        mean, scale: a number for each channel, the last axis of an example; scales above 0.

    Example:
        >>> scaling = keras_vrae.Standardization.of(np.array([[[1.0], [3.0]]]))
        >>> scaling.mean, scaling.scale
        ([2.0], [1.0])
        >>> scaling(np.array([[[4.0]]])).numpy().tolist()
        [[[2.0]]]
    """

    def __init__(self, mean, scale, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.mean = [float(value) for value in np.ravel(mean)]
        self.scale = [float(value) for value in np.ravel(scale)]
        if len(self.mean) != len(self.scale) or not np.isfinite(self.mean + self.scale).all():
            raise SettingError(complaint("scale", "finite, one for each mean", self.scale))
        if min(self.scale) <= 0:
            raise SettingError(complaint("scale", "above 0", self.scale))
        self.built = True

    @classmethod
    def of(cls, x):
        """The one that gives training data `(..., D)` mean 0 and standard deviation 1.

        A channel that is constant is shifted only.
        """
        x = np.asarray(x, "float64")
        x = x.reshape(-1, x.shape[-1])
        mean, scale = x.mean(axis=0), x.std(axis=0)
        constant = scale <= 1e-9 * np.maximum(1.0, np.abs(mean))
        return cls(mean, np.where(constant, 1.0, scale))

    def call(self, x):
        """Values in the units of the data to those of the networks."""
        return (x - ops.convert_to_tensor(self.mean)) / ops.convert_to_tensor(self.scale)

    def inverse(self, x):
        """Values in the units of the networks to those of the data."""
        return x * ops.convert_to_tensor(self.scale) + ops.convert_to_tensor(self.mean)

    def get_config(self):
        return {**super().get_config(), "mean": self.mean, "scale": self.scale}
