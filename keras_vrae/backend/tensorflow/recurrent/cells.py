"""The equations of one time step of an LSTM and a GRU, and of its gradient.

Both have gates, which are sigmoids, and a candidate, which is a tanh. Their arguments are made of a
product of the input, which is formed before, and one of the last output, which is formed here. Each
is a single product, as wide ones are the fastest.
"""

from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from keras_vrae.backend.tensorflow.threads import product
from keras_vrae.types import Tensor

_sigmoid_gradient = tf.raw_ops.SigmoidGrad
_tanh_gradient = tf.raw_ops.TanhGrad


class Weights(NamedTuple):
    """Weights of a cell, which make its arguments.

    The input adds `x kernel + bias`, the last output `h recurrent_kernel + recurrent_bias`.

    Attributes:
        kernel: `(D, A)`; A is the units times the number of arguments.
        bias: `(A,)`.
        recurrent_kernel: `(H, A)`.
        recurrent_bias: `(A,)`; not used by an LSTM, where `bias` does the same.
    """

    kernel: Tensor
    bias: Tensor
    recurrent_kernel: Tensor
    recurrent_bias: Tensor


class Derivatives(NamedTuple):
    """Gradients by what a step is made of.

    Attributes:
        recurrent: by what the last output adds to the arguments, `(B, H)` for each.
        candidate: by what the input adds to the last of them, `(B, H)`, where that is not the last
            of `recurrent`; None where it is. To the others it adds as the output does.
        state: by the state before the step, other than through its products, `(B, H)` each.
    """

    recurrent: list[Tensor]
    candidate: Tensor | None
    state: tuple[Tensor, ...]


class LSTMCell:
    """`c' = f c + i g`, `h' = o tanh(c')`, with gates i, f, o and candidate g.

    Reference:
        Hochreiter and Schmidhuber, 1997, Neural Computation 9(8); Gers et al., 2000, Neural
        Computation 12(10), for the gate f.
    """

    input_parts = 1

    @staticmethod
    def weights(kernel: Tensor, recurrent_kernel: Tensor, bias: Tensor) -> Weights:
        """The `Weights` of a Keras LSTM, which keeps them in the order i, f, g, o."""
        return Weights(kernel, bias, recurrent_kernel, tf.zeros_like(bias))

    @staticmethod
    def biases(weights: Weights) -> tuple[Tensor, Tensor | None]:
        """Biases of the product of the input, `(A,)`, and of the candidate's of the output.

        The second is None, or `(H,)`. All other biases are of sums, so that they can be in the
        first, which is added once.
        """
        return weights.bias, None

    @staticmethod
    def forward(
        inputs: Sequence[Tensor],
        state: tuple[Tensor, ...],
        recurrent_kernel: Tensor,
        candidate_bias: Tensor | None,
    ) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """One step.

        Args:
            inputs: what the input adds to the arguments, `input_parts` arrays that are `(B, A)`
                side by side.
            state: `(h, c)`, each `(B, H)`.
            recurrent_kernel: as in `Weights`.
            candidate_bias: the second of `biases`.

        Returns:
            The next state, and what `backward` needs.
        """
        (inputs,), (h, c) = inputs, state
        arguments = inputs + product(h, recurrent_kernel)
        i, f, g, o = tf.split(arguments, 4, axis=1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        next_c = f * c + i * g
        tanh_c = tf.tanh(next_c)
        return (o * tanh_c, next_c), (i, f, g, o, tanh_c, c)

    @staticmethod
    def backward(saved: tuple[Tensor, ...], gradient: tuple[Tensor, ...]) -> Derivatives:
        """The `Derivatives` of one step.

        Args:
            saved: as `forward` returned it.
            gradient: by the state after the step.
        """
        i, f, g, o, tanh_c, c = saved
        dh, dc = gradient
        dc += _tanh_gradient(y=tanh_c, dy=dh * o)
        by_arguments = [
            _sigmoid_gradient(y=i, dy=dc * g),
            _sigmoid_gradient(y=f, dy=dc * c),
            _tanh_gradient(y=g, dy=dc * i),
            _sigmoid_gradient(y=o, dy=dh * tanh_c),
        ]
        return Derivatives(by_arguments, candidate=None, state=(0.0, dc * f))


class GRUCell:
    """`h' = z h + (1 - z) g`, with gates z, r and a candidate g that reads `r (h U + b)`.

    Reference:
        Cho et al., 2014, arXiv 1406.1078; the reset gate after the product, as in cuDNN.
    """

    input_parts = 3

    @staticmethod
    def weights(kernel: Tensor, recurrent_kernel: Tensor, bias: Tensor) -> Weights:
        """The `Weights` of a Keras GRU, which keeps them in the order z, r, g."""
        return Weights(kernel, bias[0], recurrent_kernel, bias[1])

    @staticmethod
    def biases(weights: Weights) -> tuple[Tensor, Tensor | None]:
        """Biases as in `LSTMCell.biases`."""
        *gates, candidate = tf.split(weights.recurrent_bias, 3)
        return weights.bias + tf.concat([*gates, tf.zeros_like(candidate)], 0), candidate

    @staticmethod
    def forward(
        inputs: Sequence[Tensor],
        state: tuple[Tensor, ...],
        recurrent_kernel: Tensor,
        candidate_bias: Tensor | None,
    ) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """One step, as in `LSTMCell.forward`; the state is `(h,)`."""
        (input_z, input_r, input_g), (h,) = inputs, state
        z, r, recurrent = tf.split(product(h, recurrent_kernel), 3, axis=1)
        recurrent += candidate_bias
        z, r = tf.sigmoid(input_z + z), tf.sigmoid(input_r + r)
        g = tf.tanh(input_g + r * recurrent)
        distance = h - g
        return (g + z * distance,), (z, r, recurrent, g, distance)

    @staticmethod
    def backward(saved: tuple[Tensor, ...], gradient: tuple[Tensor, ...]) -> Derivatives:
        """The `Derivatives` of one step, as in `LSTMCell.backward`."""
        z, r, recurrent, g, distance = saved
        (dh,) = gradient
        kept = dh * z
        by_candidate = _tanh_gradient(y=g, dy=dh - kept)
        by_arguments = [
            _sigmoid_gradient(y=z, dy=dh * distance),
            _sigmoid_gradient(y=r, dy=by_candidate * recurrent),
            by_candidate * r,
        ]
        return Derivatives(by_arguments, by_candidate, state=(kept,))


def affine(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """`x weight + bias`."""
    return tf.nn.bias_add(tf.matmul(x, weight), bias)
