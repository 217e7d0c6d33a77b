"""The LSTM and GRU layers of Keras, faster on JAX.

Keras projects the input of one time step at a time, and leaves cuDNN as soon as there is a mask,
which sequences of unequal length have. Here one product projects the input of all steps, and an
LSTM with a mask stays on cuDNN.
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import keras
from jax import lax
from jax import numpy as jnp
from keras import tree

from keras_vrae.types import Tensor

MAX_STEPS = 64  # Of which all results are kept for the gradient; `scan` cuts longer sequences.
STEPS_IN_SEGMENT = 28


def lstm_step(
    recurrent_kernel: Tensor, recurrent_bias: Tensor, state: tuple[Tensor, ...], projected: Tensor
) -> tuple[Tensor, ...]:
    """`c' = f c + i g`, `h' = o tanh(c')`; Keras keeps the arguments in the order i, f, g, o."""
    h, c = state
    i, f, g, o = jnp.split(projected + h @ recurrent_kernel, 4, axis=-1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def gru_step(
    recurrent_kernel: Tensor, recurrent_bias: Tensor, state: tuple[Tensor, ...], projected: Tensor
) -> tuple[Tensor, ...]:
    """`h' = z h + (1 - z) g`, and g reads `r (h U + b)`; in the order z, r, g."""
    (h,) = state
    z, r, g = jnp.split(projected, 3, axis=-1)
    z_h, r_h, g_h = jnp.split(h @ recurrent_kernel + recurrent_bias, 3, axis=-1)
    z, r = jax.nn.sigmoid(z + z_h), jax.nn.sigmoid(r + r_h)
    return (z * h + (1 - z) * jnp.tanh(g + r * g_h),)


def scan(
    step: Callable[..., tuple[Tensor, ...]],
    x: Tensor,
    state: tuple[Tensor, ...],
    mask: Tensor | None,
    weights: tuple[Tensor, ...],
    return_sequences: bool,
) -> tuple[Tensor | None, tuple[Tensor, ...]]:
    """Runs a step over the time steps of x.

    Args:
        step: `lstm_step` or `gru_step`.
        x: `(T, B, D)`.
        state: arrays `(B, H)`.
        mask: booleans `(T, B)`, False at steps that leave the state as it is; or None.
        weights: kernel, recurrent kernel, bias and recurrent bias.
        return_sequences: whether the outputs of all steps are wanted.

    Returns:
        Outputs `(T, B, H)` or None, and the last state.
    """
    kernel, recurrent_kernel, bias, recurrent_bias = weights
    advance = functools.partial(step, recurrent_kernel, recurrent_bias)

    def take_step(state, inputs):
        projected, valid = inputs
        after = advance(state, projected)
        if valid is not None:
            valid = valid[:, jnp.newaxis]
            after = tuple(jnp.where(valid, new, old) for new, old in zip(after, state, strict=True))
        return after, after[0] if return_sequences else None

    def segment(state, inputs):
        part, valid = inputs
        return lax.scan(take_step, state, (part @ kernel + bias, valid))

    steps = x.shape[0]
    if steps <= MAX_STEPS:
        state, outputs = segment(state, (x, mask))
        return outputs, state
    if mask is None:
        mask = jnp.ones(x.shape[:2], bool)
    count = -(-steps // STEPS_IN_SEGMENT)
    missing = count * STEPS_IN_SEGMENT - steps

    def cut(array):
        array = jnp.pad(array, [(0, missing), *[(0, 0)] * (array.ndim - 1)])
        return array.reshape(count, STEPS_IN_SEGMENT, *array.shape[1:])

    # Of the forward pass only the state before each segment is kept for the gradient (Chen et al.,
    # 2016, arXiv 1604.06174), so that memory hardly grows with the length.
    state, outputs = lax.scan(jax.checkpoint(segment), state, (cut(x), cut(mask)))
    if return_sequences:
        outputs = outputs.reshape(-1, *outputs.shape[2:])[:steps]
    return outputs, state


def cudnn_lstm(
    x: Tensor,
    state: tuple[Tensor, ...],
    mask: Tensor | None,
    weights: tuple[Tensor, ...],
    return_sequences: bool,
) -> tuple[Tensor | None, tuple[Tensor, ...]]:
    """An LSTM of cuDNN, with any mask. Arguments and results as in `scan`.

    cuDNN takes the lengths of sequences whose valid steps come first. A step that a mask leaves out
    changes nothing, so the valid steps are moved to the front, and the outputs back.
    """
    from jax.experimental import rnn

    kernel, recurrent_kernel, bias, recurrent_bias = weights
    x = jnp.swapaxes(x, 0, 1)
    lengths = jnp.full(x.shape[0], x.shape[1], "int32")
    if mask is not None:
        mask = jnp.swapaxes(mask, 0, 1)
        lengths = jnp.sum(mask, axis=1, dtype="int32")
        order = jnp.argsort(~mask, axis=1, stable=True)
        x = jnp.take_along_axis(x, order[..., jnp.newaxis], axis=1)
    flat = [kernel.T, recurrent_kernel.T, bias, recurrent_bias]
    outputs, *after = rnn.lstm(
        x,
        *(part[jnp.newaxis] for part in state),
        jnp.concatenate([part.ravel() for part in flat]),
        jnp.maximum(lengths, 1),
        input_size=kernel.shape[0],
        hidden_size=recurrent_kernel.shape[0],
        num_layers=1,
        dropout=0.0,
        bidirectional=False,
    )
    after = tuple(part[0] for part in after)
    if mask is not None:
        begun = lengths[:, jnp.newaxis] > 0
        after = tuple(jnp.where(begun, new, old) for new, old in zip(after, state, strict=True))
        last = jnp.maximum(jnp.cumsum(mask, axis=1) - 1, 0)
        outputs = jnp.take_along_axis(outputs, last[..., jnp.newaxis], axis=1)
    return jnp.swapaxes(outputs, 0, 1) if return_sequences else None, after


def on_gpu() -> bool:
    """Returns whether JAX computes on a GPU."""
    return jax.default_backend() == "gpu"


class Scanned(keras.layers.RNN):
    """Computes a recurrent layer of Keras by `scan` if that is its equal.

    That is for the equations that cuDNN has, and unless `use_cudnn=False` asks for Keras's own
    loop. Weights, results and gradients are the same, up to rounding.
    """

    step: Callable[..., tuple[Tensor, ...]]
    has_cudnn = False

    # `inner_loop` is not documented (Keras 3.8 to 3.15): the part of a recurrent layer between its
    # masks and its outputs. If it went, the layers would be those of Keras, and slower.
    def inner_loop(
        self, sequences: Tensor, initial_state: Any, mask: Tensor | None, training: bool = False
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        if not self._can_scan(sequences):
            return super().inner_loop(sequences, initial_state, mask, training=training)
        x = jnp.asarray(sequences, self.compute_dtype)
        if training and self.dropout:
            x *= self.cell.get_dropout_mask(x[:, 0])[:, jnp.newaxis]
        x = jnp.swapaxes(x, 0, 1)
        mask = mask[0] if isinstance(mask, (list, tuple)) else mask
        mask = None if mask is None else jnp.asarray(mask, bool).T
        if self.go_backwards:
            x, mask = x[::-1], None if mask is None else mask[::-1]
        state = tuple(jnp.asarray(part, x.dtype) for part in tree.flatten(initial_state))
        outputs, state = self._run(x, state, mask)
        last = state[0]
        if mask is not None:
            # Up to the first valid step the output is zero, whatever the initial state.
            begun = jnp.cumsum(mask, axis=0)[..., jnp.newaxis] > 0
            last = jnp.where(begun[-1], last, 0.0)
            outputs = jnp.where(begun, outputs, 0.0) if self.return_sequences else None
        outputs = jnp.swapaxes(outputs, 0, 1) if self.return_sequences else last[:, jnp.newaxis]
        return last, outputs, list(state)

    def _can_scan(self, sequences):
        cell = self.cell
        equations = (
            cell.activation is keras.activations.tanh
            and cell.recurrent_activation is keras.activations.sigmoid
            and cell.use_bias
            and not self.recurrent_dropout
            and getattr(cell, "reset_after", True)
            and cell.implementation == 2
        )
        plain = not self.unroll and not self.zero_output_for_mask
        return equations and plain and self.use_cudnn == "auto" and sequences.shape[1] > 0

    def _run(self, x, state, mask):
        weights = tuple(jnp.asarray(weight, x.dtype) for weight in self._weights())
        if self.has_cudnn and x.dtype == "float32" and on_gpu():
            return cudnn_lstm(x, state, mask, weights, self.return_sequences)
        return scan(type(self).step, x, state, mask, weights, self.return_sequences)

    def _weights(self):
        """Kernel, recurrent kernel, bias, recurrent bias."""
        cell = self.cell
        bias = jnp.asarray(cell.bias)
        biases = bias if bias.ndim == 2 else (bias, jnp.zeros_like(bias))
        return cell.kernel, cell.recurrent_kernel, *biases


@keras.saving.register_keras_serializable(package="keras_vrae")
class LSTM(Scanned, keras.layers.LSTM):
    """`keras.layers.LSTM`, faster. Arguments, weights and results are the same."""

    step = staticmethod(lstm_step)
    has_cudnn = True


@keras.saving.register_keras_serializable(package="keras_vrae")
class GRU(Scanned, keras.layers.GRU):
    """`keras.layers.GRU`, faster. Arguments, weights and results are the same."""

    step = staticmethod(gru_step)
