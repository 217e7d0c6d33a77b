"""Gaussian likelihood for real values."""

import math
from typing import Any, Literal

import keras
from keras import ops

from keras_vrae.likelihoods.likelihood import Likelihood
from keras_vrae.numerics import gaussian_log_prob
from keras_vrae.types import Shape, Tensor
from keras_vrae.validation import SettingError, check_float, complaint

SCALES = ("learned", "per_value")
SMALLEST, LARGEST = 0.001, 1000.0  # Of a scale that is not fixed.


@keras.saving.register_keras_serializable(package="keras_vrae")
class Gaussian(Likelihood):
    """`p(x|z) = prod_i N(x_i; mean_i, scale_i^2)`, with one scale for all values or one for each.

    Args:
        scale: the standard deviation, a positive number in the units of x; `"learned"`, one number
            that is trained with the other weights; or `"per_value"`: the decoder gives a
            log-scale next to each mean, so that parameters have the shape `(..., 2)`. A scale that
            is not fixed is kept between 0.001 and 1000.
        initial_scale: value of a learned scale before training, in the units of x and within those
            bounds. The standard deviation of the data is a good choice: from far away the
            optimizer needs many steps.

    Example:
        >>> vae = keras_vrae.build(
        ...     "dense", (4,), hidden_units=8, likelihood=keras_vrae.Gaussian("per_value")
        ... )
        >>> vae.decoder.parameters_shape
        (4, 2)

    Reference:
        Rybkin, Daniilidis and Levine, 2021, arXiv 2006.13202, for the learned shared scale;
        Kingma and Welling, 2013, arXiv 1312.6114, appendix C.2, for a scale of each value.
    """

    # The gradient grows with the square of a value, and optimizers square it once more.
    largest = 1e6
    support = f"finite numbers from {-largest:g} to {largest:g}"
    bounds = (-largest, largest)
    max_abs_log_scale = math.log(LARGEST)

    def __init__(
        self,
        scale: float | Literal["learned", "per_value"] = "learned",
        initial_scale: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(scale, str) and scale not in SCALES:
            expected = "a positive number, 'learned' or 'per_value'"
            raise SettingError(complaint("scale", expected, scale))
        self.scale = scale if scale in SCALES else check_float("scale", scale, above=True)
        self.initial_scale = check_float("initial_scale", initial_scale, SMALLEST, LARGEST)

    def parameters_shape(self, event_shape: Shape) -> Shape:
        return (*event_shape, 2) if self.scale == "per_value" else tuple(event_shape)

    def build(self, input_shape: Shape) -> None:
        if self.scale == "learned":
            initializer = keras.initializers.Constant(math.log(self.initial_scale))
            self.learned_log_scale = self.add_weight((), initializer, name="log_scale")
        self.built = True

    def mean_and_log_scale(self, parameters: Tensor) -> tuple[Tensor, Tensor | float]:
        """The means, and the logarithm of the standard deviations, that parameters stand for."""
        if self.scale == "per_value":
            return parameters[..., 0], self._bounded(parameters[..., 1])
        if self.scale == "learned":
            return parameters, self._bounded(self.learned_log_scale)
        return parameters, math.log(self.scale)

    def _bounded(self, log_scale):
        return ops.clip(log_scale, -self.max_abs_log_scale, self.max_abs_log_scale)

    def log_prob_of_values(self, x: Tensor, parameters: Tensor) -> Tensor:
        return gaussian_log_prob(x, *self.mean_and_log_scale(parameters))

    def call(self, parameters: Tensor) -> Tensor:
        return self.mean_and_log_scale(parameters)[0]

    def sample(
        self,
        parameters: Tensor,
        seed: int | keras.random.SeedGenerator | None = None,
        temperature: float = 1.0,
    ) -> Tensor:
        mean, log_scale = self.mean_and_log_scale(parameters)
        noise = keras.random.normal(ops.shape(mean), seed=seed)
        return mean + temperature * ops.exp(log_scale) * noise

    def get_config(self) -> dict[str, Any]:
        own = {"scale": self.scale, "initial_scale": self.initial_scale}
        return {**super().get_config(), **own}
