"""The contract of a likelihood `p(x|z)`."""

import keras
from keras import ops

from keras_vrae.numerics import sum_event_axes


class Likelihood(keras.layers.Layer):
    """The distribution of x given what the decoder makes of z.

    A subclass names its `support` in words and gives its `bounds` or implements `in_support`; it
    implements `log_prob_of_values`, `call` (the mean) and `sample`. It is a layer so that it may
    have weights of its own. It works in float32 under every dtype policy.

    Attributes:
        support: in words, the values it is defined for.
        bounds: `(lowest, highest)` where those are all numbers between the two, else None.
    """

    support = bounds = None

    def example_shape(self, parameters_shape):
        """The shape of one example x, given that of its parameters; None for any size."""
        return parameters_shape

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})

    def in_support(self, x):
        """Whether each value of x is one the likelihood is defined for: booleans, x's shape."""
        lowest, highest = self.bounds
        return ops.logical_and(ops.greater_equal(x, lowest), ops.less_equal(x, highest))

    def log_prob_of_values(self, x, parameters):
        """`log p` of each value, in nats, before the sum over the event's axes."""
        raise NotImplementedError

    def log_prob(self, x, parameters, mask=None):
        """`log p(x|z)` in nats.

        Args:
            x: `(B, ...)`.
            parameters: what the decoder returned, `(K, B, ...)`.
            mask: booleans `(B, T)`, False at time steps that do not count, or None.

        Returns:
            Sums over the event's axes, shape `(K, B)`.
        """
        if mask is not None:
            return ops.sum(self.log_prob_of_steps(x, parameters, mask), axis=-1)
        x, parameters = ops.cast(x, "float32"), ops.cast(parameters, "float32")
        return sum_event_axes(self.log_prob_of_values(x, parameters), event_ndim=x.ndim - 1)

    def log_prob_of_steps(self, x, parameters, mask=None):
        """`log p(x_t|z)` in nats of each time step, `(K, B, T)`; arguments as of `log_prob`.

        It is zero at the steps that do not count.
        """
        x, parameters = ops.cast(x, "float32"), ops.cast(parameters, "float32")
        values = self.log_prob_of_values(x, parameters)
        steps = sum_event_axes(values, event_ndim=x.ndim - 2) if x.ndim > 2 else values
        return steps if mask is None else ops.where(mask, steps, ops.zeros_like(steps))

    def target_log_prob(self, target, parameters):
        """What training takes in the place of `log p(x|z)`, of a target that is not x itself."""
        return self.log_prob(target, parameters)

    def call(self, parameters):
        """The mean of `p(x|z)`, in the shape of `parameters`."""
        raise NotImplementedError

    def sample(self, parameters, seed=None, temperature=1.0):
        """One draw from `p(x|z)`, in the shape of `parameters`.

        Args:
            parameters: what the decoder returned.
            seed: as in `keras.random`.
            temperature: below 1 the draws are nearer to the most likely values, above 1 more
                varied.
        """
        raise NotImplementedError
