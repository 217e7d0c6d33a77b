"""The LSTM and GRU layers of Keras, computed faster on a CPU."""

from typing import Any

import keras
import tensorflow as tf

from keras_vrae.backend.tensorflow.batch_split import part_sizes
from keras_vrae.backend.tensorflow.recurrent.cells import GRUCell, LSTMCell
from keras_vrae.backend.tensorflow.recurrent.long import long_scan
from keras_vrae.backend.tensorflow.recurrent.scan import scan
from keras_vrae.backend.tensorflow.threads import part_count
from keras_vrae.types import Tensor

# `scan` lays the steps out one by one, so that the graph grows with them, and keeps the results of
# all of them; more steps, or an unknown number, are for `long_scan`.
MAX_STEPS = 64


class ScannedOnCPU(keras.layers.RNN):
    """Computes a recurrent layer of Keras by `scan` if that is its equal and faster.

    That is without a GPU, on which cuDNN is faster; in float32; for the equations that cuDNN has;
    and unless `use_cudnn=False` asks for Keras's own loop, whose graph is smaller. Otherwise the
    layer is the one of Keras. Weights, results and gradients are the same, up to rounding.
    Sequences of more than 64 steps, or of a length that the graph does not know, are computed by
    `long_scan`, whose memory hardly grows with the length.

    The batch is split into as many parts as there are cores, which compute them side by side.
    """

    equations: type[LSTMCell] | type[GRUCell]

    # `inner_loop` is not documented (Keras 3.8 to 3.15): the part of a recurrent layer between its
    # masks and its outputs. If it went, the layers would be those of Keras, and slower.
    def inner_loop(
        self, sequences: Tensor, initial_state: Any, mask: Tensor | None, training: bool = False
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        if not self._can_scan(sequences):
            return super().inner_loop(sequences, initial_state, mask, training=training)
        x = tf.cast(sequences, self.compute_dtype)
        if training and self.dropout:
            x *= self.cell.get_dropout_mask(x[:, 0])[:, tf.newaxis]
        x = tf.transpose(x, (1, 0, 2))
        mask = mask[0] if isinstance(mask, (list, tuple)) else mask
        mask = None if mask is None else tf.transpose(tf.cast(mask, "bool"))
        if self.go_backwards:
            x, mask = x[::-1], None if mask is None else mask[::-1]
        outputs, state = self._scan_parts(x, keras.tree.flatten(initial_state), mask)
        last = state[0]
        if mask is not None:
            # Up to the first valid step the output is zero, whatever the initial state.
            begun = tf.cumsum(tf.cast(mask, "int32"))[:, :, tf.newaxis] > 0
            last = tf.where(begun[-1], last, 0.0)
            outputs = tf.where(begun, outputs, 0.0) if self.return_sequences else None
        outputs = tf.transpose(outputs, (1, 0, 2)) if self.return_sequences else last[:, tf.newaxis]
        return last, outputs, list(state)

    def _can_scan(self, sequences):
        steps = sequences.shape[1]
        equations = (
            self.cell.activation is keras.activations.tanh
            and self.cell.recurrent_activation is keras.activations.sigmoid
            and self.cell.use_bias
            and not self.recurrent_dropout
            and getattr(self.cell, "reset_after", True)
            and self.cell.implementation == 2
        )
        plain = not self.unroll and not self.zero_output_for_mask
        return (
            equations
            and plain
            and self.use_cudnn == "auto"
            and self.compute_dtype == "float32"
            and steps != 0
            and not tf.config.list_logical_devices("GPU")
        )

    def _scan_parts(self, x, state, mask):
        cell = self.cell
        weights = self.equations.weights(
            *map(tf.convert_to_tensor, (cell.kernel, cell.recurrent_kernel, cell.bias))
        )
        count = part_count()
        sizes = part_sizes(tf.shape(x)[1], count)
        xs = tf.split(x, sizes, axis=1)
        states = zip(*(tf.split(part, sizes) for part in state), strict=True)
        masks = [None] * count if mask is None else tf.split(mask, sizes, axis=1)
        steps = x.shape[0]
        compute = long_scan if steps is None or steps > MAX_STEPS else scan
        results = [
            compute(self.equations, *parts, weights=weights, return_sequences=self.return_sequences)
            for parts in zip(xs, states, masks, strict=True)
        ]
        outputs = tf.concat([r[0] for r in results], 1) if self.return_sequences else None
        return outputs, [
            tf.concat(parts, 0) for parts in zip(*(r[1] for r in results), strict=True)
        ]


@keras.saving.register_keras_serializable(package="keras_vrae")
class LSTM(ScannedOnCPU, keras.layers.LSTM):
    """`keras.layers.LSTM`, faster on a CPU. Arguments, weights and results are the same.

    Example:
        >>> layer = keras_vrae.layers.LSTM(16, return_sequences=True)
        >>> layer(np.zeros((4, 28, 8), "float32")).shape
        TensorShape([4, 28, 16])
    """

    equations = LSTMCell


@keras.saving.register_keras_serializable(package="keras_vrae")
class GRU(ScannedOnCPU, keras.layers.GRU):
    """`keras.layers.GRU`, faster on a CPU. Arguments, weights and results are the same.

    Example:
        >>> layer = keras_vrae.layers.GRU(16)
        >>> layer(np.zeros((4, 28, 8), "float32")).shape
        TensorShape([4, 16])
    """

    equations = GRUCell
