"""The equations of one time step of an LSTM and a GRU, and of its gradient.

Both have gates, which are sigmoids, and a candidate, which is a tanh. What the input adds to their
arguments is computed before; the products of the last output with the recurrent weights are formed
here. The weights of gates and candidate stand apart, so that no step has to cut them out of one
wide array, or to put their gradients together to one.
"""

from typing import Any, NamedTuple

import tensorflow as tf

_sigmoid_gradient = tf.raw_ops.SigmoidGrad
_tanh_gradient = tf.raw_ops.TanhGrad


class Weights(NamedTuple):
    """What the arguments of gates and candidate are made of.

    `x input_gates + bias_gates + h recurrent_gates` are the arguments of the gates. Those of the
    candidate are made of `x input_candidate + bias_candidate` and
    `h recurrent_candidate + recurrent_bias`.
    """

    input_gates: Any
    bias_gates: Any
    input_candidate: Any
    bias_candidate: Any
    recurrent_gates: Any
    recurrent_candidate: Any
    recurrent_bias: Any


class Derivatives(NamedTuple):
    """Gradients by what a step is made of, `(B, ...)` each.

    By the arguments of the gates; by the two parts of the candidate's argument, that of the input
    and that of the last output; and by the state before the step, other than through the last
    output's products.
    """

    gates: Any
    candidate: Any
    recurrent_candidate: Any
    state: tuple


class LSTMCell:
    """`c' = f c + i g`, `h' = o tanh(c')`, with gates i, f, o and candidate g.

    Reference:
        Hochreiter and Schmidhuber, 1997, Neural Computation 9(8); Gers et al., 2000, Neural
        Computation 12(10), for the gate f.
    """

    @staticmethod
    def weights(kernel, recurrent_kernel, bias):
        """The `Weights` of a Keras LSTM, which keeps them in the order i, f, g, o."""
        parts = [tf.split(array, 4, axis=-1) for array in (kernel, recurrent_kernel, bias)]
        gates = [tf.concat([i, f, o], -1) for i, f, _, o in parts]
        candidates = [g for _, _, g, _ in parts]
        return Weights(
            input_gates=gates[0],
            bias_gates=gates[2],
            input_candidate=candidates[0],
            bias_candidate=tf.zeros_like(candidates[2]),
            recurrent_gates=gates[1],
            recurrent_candidate=candidates[1],
            recurrent_bias=candidates[2],
        )

    @staticmethod
    def forward(gates, candidate, state, weights):
        """One step.

        Args:
            gates: what the input adds to the arguments of the gates, `(B, 3H)`.
            candidate: what it adds to that of the candidate, `(B, H)`.
            state: `(h, c)`, each `(B, H)`.
            weights: `Weights`.

        Returns:
            The next state, and what `backward` needs.
        """
        h, c = state
        gates = tf.sigmoid(gates + tf.matmul(h, weights.recurrent_gates))
        i, f, o = tf.split(gates, 3, axis=1)
        g = tf.tanh(candidate + affine(h, weights.recurrent_candidate, weights.recurrent_bias))
        next_c = f * c + i * g
        tanh_c = tf.tanh(next_c)
        return (o * tanh_c, next_c), (i, f, o, g, tanh_c, c)

    @staticmethod
    def backward(saved, gradient):
        """The `Derivatives` of one step.

        Args:
            saved: as `forward` returned it.
            gradient: by the state after the step.
        """
        i, f, o, g, tanh_c, c = saved
        dh, dc = gradient
        dc += _tanh_gradient(y=tanh_c, dy=dh * o)
        by_gates = [
            _sigmoid_gradient(y=i, dy=dc * g),
            _sigmoid_gradient(y=f, dy=dc * c),
            _sigmoid_gradient(y=o, dy=dh * tanh_c),
        ]
        by_candidate = _tanh_gradient(y=g, dy=dc * i)
        return Derivatives(
            gates=tf.concat(by_gates, 1),
            candidate=by_candidate,
            recurrent_candidate=by_candidate,
            state=(0.0, dc * f),
        )


class GRUCell:
    """`h' = z h + (1 - z) g`, with gates z, r and a candidate g that reads `r (h U + b)`.

    Reference:
        Cho et al., 2014, arXiv 1406.1078; the reset gate after the product, as in cuDNN.
    """

    @staticmethod
    def weights(kernel, recurrent_kernel, bias):
        """The `Weights` of a Keras GRU, which keeps them in the order z, r, g."""
        units = recurrent_kernel.shape[0]
        sizes = [2 * units, units]
        input_gates, input_candidate = tf.split(kernel, sizes, axis=-1)
        recurrent_gates, recurrent_candidate = tf.split(recurrent_kernel, sizes, axis=-1)
        bias_gates, bias_candidate = tf.split(bias, sizes, axis=-1)
        return Weights(
            input_gates=input_gates,
            bias_gates=bias_gates[0] + bias_gates[1],
            input_candidate=input_candidate,
            bias_candidate=bias_candidate[0],
            recurrent_gates=recurrent_gates,
            recurrent_candidate=recurrent_candidate,
            recurrent_bias=bias_candidate[1],
        )

    @staticmethod
    def forward(gates, candidate, state, weights):
        """One step, as in `LSTMCell.forward`; gates are `(B, 2H)`, the state is `(h,)`."""
        (h,) = state
        gates = tf.sigmoid(gates + tf.matmul(h, weights.recurrent_gates))
        z, r = tf.split(gates, 2, axis=1)
        recurrent = affine(h, weights.recurrent_candidate, weights.recurrent_bias)
        g = tf.tanh(candidate + r * recurrent)
        distance = h - g
        return (g + z * distance,), (z, r, recurrent, g, distance)

    @staticmethod
    def backward(saved, gradient):
        """The `Derivatives` of one step, as in `LSTMCell.backward`."""
        z, r, recurrent, g, distance = saved
        (dh,) = gradient
        kept = dh * z
        by_candidate = _tanh_gradient(y=g, dy=dh - kept)
        by_gates = [
            _sigmoid_gradient(y=z, dy=dh * distance),
            _sigmoid_gradient(y=r, dy=by_candidate * recurrent),
        ]
        return Derivatives(
            gates=tf.concat(by_gates, 1),
            candidate=by_candidate,
            recurrent_candidate=by_candidate * r,
            state=(kept,),
        )


def affine(x, weight, bias):
    """`x weight + bias`."""
    return tf.nn.bias_add(tf.matmul(x, weight), bias)
