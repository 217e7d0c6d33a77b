"""Gaussian likelihood for real values."""

import math

import keras
from keras import ops

from keras_vrae.likelihoods.likelihood import Likelihood
from keras_vrae.numerics import gaussian_log_prob
from keras_vrae.validation import SettingError, check_float, complaint

SMALLEST, LARGEST = 0.001, 1000.0  # Of a learned scale.


@keras.saving.register_keras_serializable(package="keras_vrae")
class Gaussian(Likelihood):
    """`p(x|z) = prod_i N(x_i; mean_i, scale^2)` with one scale for all values.

    Args:
        scale: the standard deviation, a positive number in the units of x; or `"learned"`, which
            is trained with the other weights and kept between 0.001 and 1000.
        initial_scale: where a learned scale starts, in the units of x and within those bounds.
            The standard deviation of the data is a good choice: from far away the optimizer
            needs many steps.

    Reference:
        Rybkin, Daniilidis and Levine, 2021, arXiv 2006.13202, for the learned shared scale.
    """

    # The gradient grows with the square of a value, and optimizers square it once more.
    largest = 1e6
    support = f"finite numbers from {-largest:g} to {largest:g}"
    bounds = (-largest, largest)
    max_abs_log_scale = math.log(LARGEST)

    def __init__(self, scale="learned", initial_scale=1.0, **kwargs):
        super().__init__(**kwargs)
        if isinstance(scale, str) and scale != "learned":
            expected = "a positive number or 'learned'"
            raise SettingError(complaint("scale", expected, scale))
        self.scale = scale if scale == "learned" else check_float("scale", scale, above=True)
        self.initial_scale = check_float("initial_scale", initial_scale, SMALLEST, LARGEST)

    def build(self, parameters_shape):
        if self.scale == "learned":
            initializer = keras.initializers.Constant(math.log(self.initial_scale))
            self.learned_log_scale = self.add_weight((), initializer, name="log_scale")
        self.built = True

    @property
    def log_scale(self):
        """The logarithm of the standard deviation."""
        if self.scale != "learned":
            return math.log(self.scale)
        limit = self.max_abs_log_scale
        return ops.clip(self.learned_log_scale, -limit, limit)

    def log_prob_of_values(self, x, parameters):
        return gaussian_log_prob(x, parameters, self.log_scale)

    def call(self, parameters):
        return parameters

    def sample(self, parameters, seed=None, temperature=1.0):
        noise = keras.random.normal(ops.shape(parameters), seed=seed)
        return parameters + temperature * ops.exp(self.log_scale) * noise

    def get_config(self):
        own = {"scale": self.scale, "initial_scale": self.initial_scale}
        return {**super().get_config(), **own}
