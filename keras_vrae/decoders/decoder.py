"""The contract of a generative network `p(x|z)`."""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import keras

from keras_vrae.batch import Batch
from keras_vrae.likelihoods import Likelihood
from keras_vrae.types import Shape, Tensor
from keras_vrae.validation import SettingError, check_event_shape, check_int, complaint


class Decoder(keras.layers.Layer):
    """A generative network: turns z into the parameters of the likelihood of x.

    A subclass implements `build` and `call`, which maps `(..., Z)` to `(..., *parameters_shape)`:
    any number of leading axes, so that K samples of B examples are decoded at once. The result is
    float32 under every dtype policy, and unbounded: logits stay logits. A decoder that works step
    by step also implements `write`, and sets `any_length` and `can_continue`.

    Args:
        event_shape: shape of one example of x.
        parameters_shape: shape of the parameters of one example; the likelihood of the model
            decides it, and `event_shape` without a model.
        num_categories: number of categories V if x holds tokens; the likelihood decides it too.

    Attributes:
        any_length: whether it makes sequences of other lengths than `event_shape[0]`.
        can_continue: whether `write` continues a prefix.
        is_light: whether a training step takes so little time that the call to the backend shows.

    Example:
        >>> @keras.saving.register_keras_serializable(package="docs")
        ... class LinearDecoder(keras_vrae.Decoder):
        ...     '''Parameters that are linear in z.'''
        ...
        ...     def build(self, input_shape):
        ...         size = int(np.prod(self.parameters_shape))
        ...         self.linear = keras.layers.Dense(size, dtype="float32")
        ...         self.linear.build(input_shape)
        ...         self.built = True
        ...
        ...     def call(self, z, batch=None, training=False):
        ...         shape = (*ops.shape(z)[:-1], *self.parameters_shape)
        ...         return ops.reshape(self.linear(z), shape)
        >>> vae = keras_vrae.build("dense", (4, 3), hidden_units=8, decoder=LinearDecoder((4, 3)))
        >>> vae.generate(2, seed=0).shape
        (2, 4, 3)
    """

    any_length = False
    can_continue = False
    is_light = False

    def __init__(
        self,
        event_shape: Sequence[int | None],
        parameters_shape: Sequence[int | None] | None = None,
        num_categories: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.event_shape = check_event_shape("event_shape", event_shape, any_length=True)
        if num_categories is not None:
            check_int("num_categories", num_categories, minimum=2)
        self.num_categories = num_categories
        if parameters_shape is None:
            parameters_shape = self.event_shape + ((num_categories,) if num_categories else ())
        self.parameters_shape = check_event_shape("parameters_shape", parameters_shape, True)

    def connect(self, likelihood: Likelihood) -> None:
        """Takes from the likelihood what the decoder has to give; a model calls it first.

        Raises:
            SettingError: for a decoder that is built already, for another likelihood.
        """
        shape = tuple(likelihood.parameters_shape(self.event_shape))
        if self.built and shape != self.parameters_shape:
            expected = f"{shape}, which the {type(likelihood).__name__} likelihood asks for"
            raise SettingError(complaint("parameters_shape", expected, self.parameters_shape))
        self.parameters_shape, self.num_categories = shape, likelihood.num_categories

    def call(self, z: Tensor, batch: Batch | None = None, training: bool = False) -> Tensor:
        """The parameters of `p(x|z)`: `(..., Z)` becomes `(..., *parameters_shape)`.

        Args:
            z: `(K, B, Z)`, or `(B, Z)`.
            batch: the `Batch` whose likelihood is asked for, if a decoder reads its target; None
                for examples to be made.
            training: whether dropout is on.
        """
        raise NotImplementedError

    def write(
        self,
        z: Tensor,
        read: Callable[[Tensor], Tensor],
        steps: int | None = None,
        prefix: Tensor | None = None,
        prefix_lengths: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Makes x: the parameters of `p(x|z)`, and the values that `read` takes from them.

        Args:
            z: `(K, B, Z)`, or `(B, Z)`.
            read: turns parameters into values of x: their mean or a draw. A decoder that works
                step by step reads these values in turn.
            steps: number of time steps, if `any_length`.
            prefix: the first steps of each sequence if they are given, `(B, P, ...)`, if
                `can_continue`.
            prefix_lengths: number of valid steps of each prefix, `(B,)`.

        Returns:
            `(parameters, x)`; x begins with the prefix.
        """
        parameters = self(z)
        return parameters, read(parameters)

    def predict(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises an error that names the method of the model which does this."""
        expected = "called as vae.decode(z), which takes and gives whole arrays, batch by batch"
        raise SettingError(f"`decoder.predict` must be {expected}. Received: decoder.predict(...)")

    @property
    def output_shape(self) -> Shape:
        """Shape of the parameters of a batch, for the summary of a model."""
        return (None, None, *self.parameters_shape)

    def get_config(self) -> dict[str, Any]:
        own = {
            "event_shape": self.event_shape,
            "parameters_shape": self.parameters_shape,
            "num_categories": self.num_categories,
        }
        return {**super().get_config(), **own}
