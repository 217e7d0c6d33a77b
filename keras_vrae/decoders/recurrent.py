"""Recurrent generative networks: an LSTM or GRU writes x step by step, from a state made of z."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

import keras
from keras import ops

from keras_vrae import backend, layers
from keras_vrae.batch import Batch
from keras_vrae.decoders.decoder import Decoder
from keras_vrae.layers.mlp import DEFAULT_HIDDEN_UNITS
from keras_vrae.layers.sampling import SavesSeed
from keras_vrae.likelihoods import Likelihood
from keras_vrae.types import Shape, Tensor
from keras_vrae.validation import SettingError, check_choice, check_float, check_int, complaint

DECODER_INPUTS = ("zero", "teacher", "own")


class RecurrentDecoder(SavesSeed, Decoder):
    """`p(x|z) = prod_t p(x_t | state_t)`, where z gives the first state of a recurrent network.

    The first axis of an example is time. The network reads at each step one of three things:

    - `"zero"`: nothing but a constant. All steps are computed at once, and x is independent
      given z.
    - `"teacher"`: the previous step of x, the true one if x is known and the generated one
      otherwise: `p(x|z) = prod_t p(x_t | x_1 ... x_(t-1), z)`. Such a decoder can ignore z, and
      does; `word_dropout` makes it need z.
    - `"own"`: the mean of the previous step that it wrote, in training too.

    Subclasses name the recurrent layer.

    Args:
        event_shape: shape of one example, time first; None for sequences of any length.
        hidden_units: units of each recurrent layer, H.
        num_layers: number of stacked recurrent layers.
        inputs: `"zero"`, `"teacher"` or `"own"`.
        z_at_every_step: whether z is an input of every step as well.
        word_dropout: fraction of the steps that are hidden from a `"teacher"` decoder in training.
        seed: whole number that fixes which steps word dropout hides, or None.
        **kwargs: further arguments of `Decoder` and of `keras.layers.Layer`.

    Reference:
        Fabius and van Amersfoort, 2014, arXiv 1412.6581; word dropout: Bowman et al., 2016,
        arXiv 1511.06349, section 3.1.
    """

    any_length = True
    can_continue = True
    recurrent_layer: type[keras.layers.RNN]

    def __init__(
        self,
        event_shape: Sequence[int | None],
        hidden_units: int = DEFAULT_HIDDEN_UNITS,
        num_layers: int = 1,
        inputs: Literal["zero", "teacher", "own"] = "zero",
        z_at_every_step: bool = False,
        word_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(event_shape, **kwargs)
        self.hidden_units = check_int("hidden_units", hidden_units)
        self.num_layers = check_int("num_layers", num_layers)
        self.inputs = check_choice("inputs", inputs, DECODER_INPUTS)
        self.z_at_every_step = bool(z_at_every_step)
        self.word_dropout = check_float("word_dropout", word_dropout, maximum=1.0)
        if self.word_dropout and self.inputs != "teacher":
            expected = f"0 with inputs={self.inputs!r}"
            raise SettingError(complaint("word_dropout", expected, word_dropout))
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self._mean = lambda parameters: parameters
        self.first_states, self.recurrent_layers = [], []
        for index in range(self.num_layers):
            layer = self.recurrent_layer(
                self.hidden_units,
                return_sequences=True,
                dtype=self.dtype_policy,
                name=f"recurrent_{index}",
            )
            self.recurrent_layers.append(layer)
            units = self.hidden_units * _num_states(layer)
            self.first_states.append(
                keras.layers.Dense(units, "tanh", dtype=self.dtype_policy, name=f"state_{index}")
            )
        # Keras draws an initializer's seed when it is made, so the order of the parts counts.
        self.output_initializer = keras.initializers.GlorotUniform()

    def connect(self, likelihood: Likelihood) -> None:
        super().connect(likelihood)
        # In a function: the likelihood is a part of the model, not of its decoder.
        self._mean = lambda parameters: likelihood(parameters)

    def build(self, input_shape: Shape) -> None:
        latent_dim = input_shape[-1]
        self.output_layer = keras.layers.Dense(
            math.prod(self.parameters_shape[1:]),
            kernel_initializer=self.output_initializer,
            dtype="float32",
            name="parameters",
        )
        # A constant instead of no input, so that the layers need no special case.
        size = latent_dim if self.z_at_every_step else int(self.inputs == "zero")
        if self.inputs != "zero":
            size += self._feature_size()
        for first, layer in zip(self.first_states, self.recurrent_layers, strict=True):
            first.build((None, latent_dim))
            layer.build((None, None, size))
            size = self.hidden_units
        self.output_layer.build((None, None, size))
        self.built = True

    def call(self, z: Tensor, batch: Batch | None = None, training: bool = False) -> Tensor:
        if self.inputs == "own" or (self.inputs == "teacher" and batch is None):
            return self.write(z, self._mean, self._steps_of(batch))[0]
        return self._all_at_once(z, batch, self._steps_of(batch), training)

    def write(
        self,
        z: Tensor,
        read: Callable[[Tensor], Tensor],
        steps: int | None = None,
        prefix: Tensor | None = None,
        prefix_lengths: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        steps = self._steps_of(None, steps)
        flat = ops.reshape(z, (-1, z.shape[-1]))
        given = None if prefix is None else self._given(z, prefix, prefix_lengths, steps)
        if self.inputs == "zero":
            parameters = self._all_at_once(flat, None, steps)
            x = read(parameters)
            if given is not None:
                values, valid = (ops.swapaxes(part, 0, 1) for part in given)
                x = ops.where(valid, values, x)
        else:
            parameters, x = self._loop(flat, steps, read, given)
        leading = ops.shape(z)[:-1]
        shapes = (self.parameters_shape[1:], self.event_shape[1:])
        return tuple(
            ops.reshape(values, (*leading, steps, *shape))
            for values, shape in zip((parameters, x), shapes, strict=True)
        )

    def _all_at_once(self, z, batch, steps, training=False):
        """The parameters of all steps, whose inputs are known."""
        flat = ops.reshape(z, (-1, z.shape[-1]))
        sequence = self._inputs(z, flat, batch, steps, training)
        for first, layer in zip(self.first_states, self.recurrent_layers, strict=True):
            sequence = layer(sequence, initial_state=self._first_state(first, layer, flat))
        parameters = self.output_layer(sequence)
        shape = (*ops.shape(z)[:-1], steps, *self.parameters_shape[1:])
        return ops.reshape(parameters, shape)

    def _loop(self, flat, steps, read, given):
        """Parameters and values step by step, where a step reads the values of the one before."""
        states = [
            self._first_state(first, layer, flat)
            for first, layer in zip(self.first_states, self.recurrent_layers, strict=True)
        ]

        def step(carry, given):
            inputs, states = carry
            sequence, after = self._with_z(inputs, flat), []
            for layer, state in zip(self.recurrent_layers, states, strict=True):
                sequence, state = layer.cell(sequence, state)
                after.append(list(state))
            parameters = ops.reshape(self.output_layer(sequence), (-1, *self.parameters_shape[1:]))
            x = ops.cast(read(parameters), "float32")
            if given is not None:
                x = ops.where(given[1], given[0], x)
            return (self._features(x), after), (parameters, x)

        nothing = ops.zeros((ops.shape(flat)[0], self._feature_size()), "float32")
        parameters, x = backend.loop_over_steps(step, (nothing, states), steps, given)
        return ops.swapaxes(parameters, 0, 1), ops.swapaxes(x, 0, 1)

    def _given(self, z, prefix, lengths, steps):
        """The prefix for each row of z and the validity of its steps, time first."""
        prefix = ops.cast(prefix, "float32")[:, :steps]
        missing = steps - ops.shape(prefix)[1]
        prefix = ops.pad(prefix, [(0, 0), (0, missing), *[(0, 0)] * (len(prefix.shape) - 2)])
        lengths = ops.cast(ops.expand_dims(lengths, -1), "int32")
        valid = ops.reshape(
            ops.arange(steps) < lengths, (-1, steps, *[1] * (len(prefix.shape) - 2))
        )
        parts = [self._repeat(z, part) for part in (prefix, valid)]
        return tuple(ops.swapaxes(part, 0, 1) for part in parts)

    def _inputs(self, z, flat, batch, steps, training):
        """The inputs of the first layer, `(N, T, F)`."""
        rows = ops.shape(flat)[0]
        if self.inputs == "zero":
            if not self.z_at_every_step:
                return ops.ones((rows, steps, 1), self.compute_dtype)
            return ops.broadcast_to(flat[:, None], (rows, steps, flat.shape[-1]))
        features = self._features(ops.cast(batch.target, "float32"))
        features = ops.reshape(features, (-1, steps, self._feature_size()))
        before = ops.pad(features[:, :-1], [(0, 0), (1, 0), (0, 0)])
        before = self._repeat(z, before)
        if training and self.word_dropout:
            noise = keras.random.uniform((rows, steps, 1), seed=self.seed_generator)
            before = ops.where(noise < self.word_dropout, ops.zeros_like(before), before)
        return self._with_z(before, flat[:, None])

    def _with_z(self, inputs, z):
        if not self.z_at_every_step:
            return inputs
        z = ops.broadcast_to(z, (*ops.shape(inputs)[:-1], z.shape[-1]))
        return ops.concatenate([inputs, ops.cast(z, inputs.dtype)], axis=-1)

    def _features(self, x):
        """Steps of x as vectors: flat, or one-hot if they are categories."""
        if self.num_categories:
            x = ops.one_hot(ops.cast(x, "int32"), self.num_categories)
            return ops.reshape(x, (*ops.shape(x)[: -len(self.event_shape)], self._feature_size()))
        axes = len(self.event_shape) - 1
        leading = ops.shape(x)[:-axes] if axes else ops.shape(x)
        return ops.reshape(x, (*leading, self._feature_size()))

    def _feature_size(self):
        return math.prod(self.event_shape[1:]) * (self.num_categories or 1)

    def _first_state(self, first, layer, flat):
        return ops.split(first(flat), _num_states(layer), axis=-1)

    def _repeat(self, z, values):
        """`(B, ...)` once for each of K samples, `(K * B, ...)`, if z is `(K, B, Z)`."""
        if len(z.shape) == 2:
            return values
        shape = ops.shape(values)
        values = ops.broadcast_to(values[None], (ops.shape(z)[0], *shape))
        return ops.reshape(values, (-1, *shape[1:]))

    def _steps_of(self, batch, steps=None):
        fixed = self.event_shape[0]
        if batch is not None:
            return batch.target.shape[1] or ops.shape(batch.target)[1]
        if steps is None and fixed is None:
            expected = "a whole number for sequences of any length"
            raise SettingError(complaint("steps", expected, steps))
        return fixed if steps is None else steps

    def get_config(self) -> dict[str, Any]:
        own = {
            name: getattr(self, name)
            for name in (
                "hidden_units",
                "num_layers",
                "inputs",
                "z_at_every_step",
                "word_dropout",
                "seed",
            )
        }
        return {**super().get_config(), **own}


def _num_states(layer):
    """Number of arrays in the state of a recurrent layer."""
    return len(keras.tree.flatten(layer.cell.state_size))


@keras.saving.register_keras_serializable(package="keras_vrae")
class LSTMDecoder(RecurrentDecoder):
    """`p(x|z)` by an LSTM whose first state is made of z. Arguments as in `RecurrentDecoder`.

    Example:
        >>> decoder = keras_vrae.LSTMDecoder(event_shape=(8, 3), hidden_units=16)
        >>> decoder(np.zeros((5, 4, 2))).shape
        TensorShape([5, 4, 8, 3])

    Reference:
        Fabius and van Amersfoort, 2014, arXiv 1412.6581.
    """

    recurrent_layer = layers.LSTM


@keras.saving.register_keras_serializable(package="keras_vrae")
class GRUDecoder(RecurrentDecoder):
    """`p(x|z)` by a GRU whose first state is made of z. Arguments as in `RecurrentDecoder`.

    Example:
        >>> decoder = keras_vrae.GRUDecoder(event_shape=(None, 3), hidden_units=16)
        >>> decoder.build((None, 2))
        >>> parameters, x = decoder.write(np.zeros((4, 2), "float32"), lambda mean: mean, steps=6)
        >>> x.shape
        TensorShape([4, 6, 3])

    Reference:
        Cho et al., 2014, arXiv 1406.1078, for the layer.
    """

    recurrent_layer = layers.GRU
