"""Recurrent generative networks: an LSTM or GRU writes x step by step, from a state made of z."""

import math

import keras
from keras import ops

from keras_vrae import layers
from keras_vrae.backend.tensorflow.time_loop import write_steps
from keras_vrae.datasets.names import DECODER_INPUTS
from keras_vrae.decoders.decoder import Decoder
from keras_vrae.layers.sampling import SavesSeed
from keras_vrae.validation import SettingError, check_choice, check_float, check_int, complaint


class RecurrentDecoder(SavesSeed, Decoder):
    """`p(x|z) = prod_t p(x_t | state_t)`, where z gives the first state of a recurrent network.

    The first axis of an example is time. What the network reads at each step is a choice:

    - `"zero"`: nothing but a constant. All steps are computed in one go, and x is independent
      given z.
    - `"teacher"`: the step of x before, the true one where x is known and what was generated where
      it is not: `p(x|z) = prod_t p(x_t | x_1 ... x_(t-1), z)`. Such a decoder can do without z, and
      does; `word_dropout` makes it need z.
    - `"own"`: the mean of the step that it wrote before, in training too.

    Subclasses name the recurrent layer.

    Args:
        event_shape: shape of one example, time first; None for sequences of any length.
        hidden_units: units of each recurrent layer, H.
        num_layers: number of stacked recurrent layers.
        inputs: `"zero"`, `"teacher"` or `"own"`.
        z_at_every_step: whether z is an input of every step as well.
        word_dropout: fraction of the steps that are hidden from a `"teacher"` decoder in training.
        num_categories: as in `Decoder`.
        seed: whole number that fixes what word dropout hides, or None.

    Reference:
        Fabius and van Amersfoort, 2014, arXiv 1412.6581; word dropout: Bowman et al., 2016,
        arXiv 1511.06349, section 3.1.
    """

    sequential = True
    recurrent_layer = None

    def __init__(
        self,
        event_shape,
        hidden_units=500,
        num_layers=1,
        inputs="zero",
        z_at_every_step=False,
        word_dropout=0.0,
        num_categories=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(event_shape, num_categories, **kwargs)
        self.hidden_units = check_int("hidden_units", hidden_units)
        self.num_layers = check_int("num_layers", num_layers)
        self.inputs = check_choice("inputs", inputs, DECODER_INPUTS)
        self.z_at_every_step = bool(z_at_every_step)
        self.word_dropout = check_float("word_dropout", word_dropout, maximum=1.0)
        if self.word_dropout and self.inputs != "teacher":
            raise SettingError(
                complaint("word_dropout", f"0 with inputs={self.inputs!r}", word_dropout)
            )
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
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
        self.output_layer = keras.layers.Dense(
            math.prod(self.parameters_shape[1:]), dtype="float32", name="parameters"
        )

    def build(self, input_shape):
        latent_dim = input_shape[-1]
        # A constant in the place of no input, so that the layers need no form of their own.
        size = latent_dim if self.z_at_every_step else int(self.inputs == "zero")
        if self.inputs != "zero":
            size += math.prod(self.event_shape[1:]) * (self.num_categories or 1)
        for first, layer in zip(self.first_states, self.recurrent_layers, strict=True):
            first.build((None, latent_dim))
            layer.build((None, None, size))
            size = self.hidden_units
        self.output_layer.build((None, None, size))
        self.built = True

    def call(self, z, x=None, steps=None, read=None, training=False):
        """The parameters of `p(x|z)`: `(..., Z)` becomes `(..., T, *parameters_shape[1:])`.

        Args:
            z: `(B, Z)` or `(K, B, Z)`.
            x: the sequences whose likelihood is wanted, `(B, T, ...)`, for a `"teacher"` to read.
            steps: T where there is no x and `event_shape` leaves it open.
            read: makes a step of x, `(N, ...)`, of the parameters of a step; it is what a decoder
                reads that has no x. The parameters themselves when None.
            training: whether word dropout is on.
        """
        steps = self._count_steps(x, steps)
        if self.inputs == "own" or (self.inputs == "teacher" and x is None):
            return self.run(z, steps, read)[0]
        flat = ops.reshape(z, (-1, z.shape[-1]))
        sequence = self._inputs(z, flat, x, steps, training)
        for first, layer in zip(self.first_states, self.recurrent_layers, strict=True):
            sequence = layer(sequence, initial_state=self._first_state(first, layer, flat))
        return self._shape(self.output_layer(sequence), z, steps)

    def run(self, z, steps=None, read=None, prefix=None, prefix_lengths=None):
        """Writes x step by step, and reads at each step what it wrote before.

        Args:
            z: `(B, Z)` or `(K, B, Z)`.
            steps: T, where `event_shape` leaves it open.
            read: as in `call`; it may draw.
            prefix: the first steps of each sequence where they are given, `(B, P, ...)`.
            prefix_lengths: how many of them count, `(B,)`.

        Returns:
            `(parameters, x)`, of which x is what `read` made of the parameters, and where a prefix
            is given the prefix itself.
        """
        steps = self._count_steps(None, steps)
        read = read or (lambda parameters: parameters)
        flat = ops.reshape(z, (-1, z.shape[-1]))
        given = None if prefix is None else self._given(z, prefix, prefix_lengths, steps)
        if self.inputs == "zero":
            parameters = ops.reshape(
                self(flat, steps=steps), (-1, steps, *self.parameters_shape[1:])
            )
            x = read(parameters)
            if given is not None:
                values, counts = (ops.swapaxes(part, 0, 1) for part in given)
                x = ops.where(counts, values, x)
        else:
            parameters, x = self._loop(flat, steps, read, given)
        leading = ops.shape(z)[:-1]
        shapes = (self.parameters_shape[1:], self.event_shape[1:])
        return tuple(
            ops.reshape(values, (*leading, steps, *shape))
            for values, shape in zip((parameters, x), shapes, strict=True)
        )

    def _loop(self, flat, steps, read, given):
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
        parameters, x = write_steps(step, (nothing, states), steps, given)
        return ops.swapaxes(parameters, 0, 1), ops.swapaxes(x, 0, 1)

    def _given(self, z, prefix, lengths, steps):
        """The prefix for each row of z and whether a step of it counts, time first."""
        prefix = ops.cast(prefix, "float32")[:, :steps]
        missing = steps - ops.shape(prefix)[1]
        prefix = ops.pad(prefix, [(0, 0), (0, missing), *[(0, 0)] * (len(prefix.shape) - 2)])
        lengths = ops.cast(ops.expand_dims(lengths, -1), "int32")
        counts = ops.reshape(
            ops.arange(steps) < lengths, (-1, steps, *[1] * (len(prefix.shape) - 2))
        )
        parts = [self._repeat(z, part) for part in (prefix, counts)]
        return tuple(ops.swapaxes(part, 0, 1) for part in parts)

    def _inputs(self, z, flat, x, steps, training):
        """What the first layer reads, `(N, T, F)`."""
        rows = ops.shape(flat)[0]
        if self.inputs == "zero":
            if not self.z_at_every_step:
                return ops.ones((rows, steps, 1), self.compute_dtype)
            return ops.broadcast_to(flat[:, None], (rows, steps, flat.shape[-1]))
        features = ops.reshape(
            self._features(ops.cast(x, "float32")), (-1, steps, self._feature_size())
        )
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
        """Steps of x as vectors: flat, or one-hot where they are categories."""
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
        """`(B, ...)` once for each of K samples, `(K * B, ...)`, where z is `(K, B, Z)`."""
        if len(z.shape) == 2:
            return values
        shape = ops.shape(values)
        values = ops.broadcast_to(values[None], (ops.shape(z)[0], *shape))
        return ops.reshape(values, (-1, *shape[1:]))

    def _shape(self, parameters, z, steps):
        return ops.reshape(parameters, (*ops.shape(z)[:-1], steps, *self.parameters_shape[1:]))

    def _count_steps(self, x, steps):
        fixed = self.event_shape[0]
        if x is not None:
            return x.shape[1] or ops.shape(x)[1]
        if steps is None and fixed is None:
            raise SettingError(
                complaint("steps", "a whole number for sequences of any length", steps)
            )
        return fixed if steps is None else steps

    def get_config(self):
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
    """How many arrays the state of a recurrent layer has."""
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
        >>> decoder(np.zeros((4, 2)), steps=6).shape
        TensorShape([4, 6, 3])

    Reference:
        Cho et al., 2014, arXiv 1406.1078, for the layer.
    """

    recurrent_layer = layers.GRU
