"""The contract of a likelihood `p(x|z)`."""

from typing import Any

import keras
from keras import ops

from keras_vrae.numerics import sum_event_axes
from keras_vrae.types import Shape, Tensor


class Likelihood(keras.layers.Layer):
    """The distribution of x, given the parameters that the decoder makes of z.

    A subclass names its `support` in words and gives its `bounds` or implements `in_support`; it
    implements `log_prob_of_values`, `call` (the mean) and `sample`, and `parameters_shape` if a
    value has more parameters than one. It is a layer so that it may have weights of its own. It
    computes in float32 under every dtype policy.

    Attributes:
        support: the values it is defined for, in words.
        bounds: `(lowest, highest)` if the support is all numbers between the two, else None.
        num_categories: number of categories V if values are tokens, which networks then read as
            one-hot vectors; None for numbers.

    Example:
        >>> @keras.saving.register_keras_serializable(package="docs")
        ... class Poisson(keras_vrae.Likelihood):
        ...     '''Counts whose logarithmic rate the decoder gives.'''
        ...
        ...     support = "whole numbers of at least 0"
        ...
        ...     def in_support(self, x):
        ...         return ops.logical_and(x >= 0, ops.equal(x, ops.floor(x)))
        ...
        ...     def log_prob_of_values(self, x, parameters):
        ...         return x * parameters - ops.exp(parameters) - log_factorial(x)
        ...
        ...     def call(self, parameters):
        ...         return ops.exp(parameters)
        ...
        ...     def sample(self, parameters, seed=None, temperature=1.0):
        ...         rates = ops.convert_to_tensor(self(parameters) * temperature)
        ...         # As many of 200 small intervals as have an event.
        ...         shape = (200, *ops.shape(rates))
        ...         events = keras.random.uniform(shape, seed=seed) < rates / 200
        ...         return ops.sum(ops.cast(events, "float32"), axis=0)
        >>> def log_factorial(x):
        ...     steps = ops.arange(1.0, 200.0)
        ...     counted = ops.cast(steps <= x[..., None], "float32")
        ...     return ops.sum(counted * ops.log(steps), axis=-1)
        >>> vae = keras_vrae.build("dense", (4,), hidden_units=8, likelihood=Poisson())
        >>> vae.generate(2, seed=0, draw=True).shape
        (2, 4)
    """

    support: str | None = None
    bounds: tuple[float, float] | None = None
    num_categories: int | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})

    def parameters_shape(self, event_shape: Shape) -> Shape:
        """The shape of the parameters of one example, given the shape of the example."""
        return tuple(event_shape)

    def build(self, input_shape: Shape) -> None:
        """Adds the weights; `input_shape` is `(K, B, *parameters_shape)`."""
        self.built = True

    @property
    def output_shape(self) -> tuple[None, None]:
        """Shape of `log p(x|z)` of a batch, for the summary of a model."""
        return (None, None)

    def in_support(self, x: Tensor) -> Tensor:
        """Returns booleans in the shape of x, True for values with a likelihood."""
        if self.bounds is None:
            raise NotImplementedError
        lowest, highest = self.bounds
        return ops.logical_and(ops.greater_equal(x, lowest), ops.less_equal(x, highest))

    def accepts(self, x: Tensor, target: Tensor) -> Tensor:
        """Returns a boolean scalar, True if a batch can be trained on.

        Args:
            x: the examples that the encoder reads, `(B, ...)`.
            target: the values whose likelihood is asked for, `(B, ...)`; those of x as a rule.
        """
        return ops.all(self.in_support(target))

    def target_of(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """The values whose likelihood is asked for, made of examples x; x itself as a rule.

        Args:
            x: `(B, ...)`.
            mask: booleans `(B, T)`, True at valid steps, or None.
        """
        return x

    def log_prob_of_values(self, x: Tensor, parameters: Tensor) -> Tensor:
        """`log p` of each value in nats, in the shape of x, before the sum over the event's axes.

        Args:
            x: `(B, *event_shape)`.
            parameters: `(K, B, *parameters_shape)`.
        """
        raise NotImplementedError

    def log_prob(self, x: Tensor, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        """`log p(x|z)` in nats.

        Args:
            x: `(B, ...)`.
            parameters: the output of the decoder, `(K, B, ...)`.
            mask: booleans `(B, T)`, True at valid steps, or None.

        Returns:
            Sums over the event's axes, shape `(K, B)`.
        """
        if mask is not None:
            return ops.sum(self.log_prob_of_steps(x, parameters, mask), axis=-1)
        x, parameters = ops.cast(x, "float32"), ops.cast(parameters, "float32")
        return sum_event_axes(self.log_prob_of_values(x, parameters), event_ndim=x.ndim - 1)

    def log_prob_of_steps(
        self, x: Tensor, parameters: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """`log p(x_t|z)` in nats of each time step, `(K, B, T)`; arguments as of `log_prob`.

        It is zero at the steps that the mask leaves out.
        """
        x, parameters = ops.cast(x, "float32"), ops.cast(parameters, "float32")
        values = self.log_prob_of_values(x, parameters)
        steps = sum_event_axes(values, event_ndim=x.ndim - 2) if x.ndim > 2 else values
        return steps if mask is None else ops.where(mask, steps, ops.zeros_like(steps))

    def call(self, parameters: Tensor) -> Tensor:
        """The mean of `p(x|z)`: `(..., *parameters_shape)` becomes `(..., *event_shape)`."""
        raise NotImplementedError

    def sample(
        self,
        parameters: Tensor,
        seed: int | keras.random.SeedGenerator | None = None,
        temperature: float = 1.0,
    ) -> Tensor:
        """One draw from `p(x|z)`, in the shape of the mean.

        Args:
            parameters: the output of the decoder.
            seed: as in `keras.random`.
            temperature: below 1 the draws are nearer to the most likely values, above 1 more
                varied.
        """
        raise NotImplementedError
