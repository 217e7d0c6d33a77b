"""The contract of a likelihood `p(x|z)`."""

import keras

from keras_vrae.numerics import sum_event_axes


class Likelihood(keras.layers.Layer):
    """The distribution of x given what the decoder makes of z.

    A subclass names its `support` in words and implements `in_support`, `log_prob_of_values`,
    `call` (the mean) and `sample`. It is a layer so that it may have weights of its own. It works
    in float32 under every dtype policy.
    """

    support = None

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})

    def in_support(self, x):
        """Whether each value of x is one the likelihood is defined for: booleans, x's shape."""
        raise NotImplementedError

    def log_prob_of_values(self, x, parameters):
        """`log p` of each value, in nats, before the sum over the event's axes."""
        raise NotImplementedError

    def log_prob(self, x, parameters):
        """`log p(x|z)` in nats.

        Args:
            x: `(B, ...)`.
            parameters: what the decoder returned, `(K, B, ...)`.

        Returns:
            Sums over the event's axes, shape `(K, B)`.
        """
        x = keras.ops.cast(x, "float32")
        parameters = keras.ops.cast(parameters, "float32")
        return sum_event_axes(self.log_prob_of_values(x, parameters), event_ndim=x.ndim - 1)

    def call(self, parameters):
        """The mean of `p(x|z)`, in the shape of `parameters`."""
        raise NotImplementedError

    def sample(self, parameters, seed=None):
        """One draw from `p(x|z)`, in the shape of `parameters`; `seed` as in `keras.random`."""
        raise NotImplementedError
