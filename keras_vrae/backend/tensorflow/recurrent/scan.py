"""A recurrent cell over a whole sequence, as one operation with its own gradient.

The gradient that TensorFlow finds for a loop adds up one small product for each weight and time
step. Here the gradients of several steps are kept, and the weights' are formed of them by one
product, and the input of several steps is projected by one. Products of that size run close
to the speed of the largest, and the arrays are still small enough for the caches.
"""

from collections.abc import Sequence

import tensorflow as tf

# Private to TensorFlow (2.18 to 2.21). Without it a step that XLA compiles would stitch rows one by
# one.
from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

from keras_vrae.backend.tensorflow.recurrent.cells import GRUCell, LSTMCell, Weights, affine
from keras_vrae.backend.tensorflow.threads import product
from keras_vrae.types import Tensor

STEPS_IN_PRODUCT = 7


def scan(
    cell: type[LSTMCell] | type[GRUCell],
    x: Tensor,
    state: Sequence[Tensor],
    mask: Tensor | None = None,
    *,
    weights: Weights,
    return_sequences: bool = False,
) -> tuple[Tensor | None, tuple[Tensor, ...]]:
    """Runs a cell over the time steps of x.

    Args:
        cell: `LSTMCell` or `GRUCell`.
        x: `(T, B, D)`, float32, time first, T known.
        state: the initial state, a tuple of `(B, H)`, of which the first is the output.
        mask: booleans `(T, B)`, False at steps that leave the state as it is, or None.
        weights: `Weights`.
        return_sequences: whether the state's first part after each step is wanted.

    Returns:
        `(outputs, state)`: the outputs `(T, B, H)`, or None; and the last state.
    """
    steps, size = x.shape[0], len(state)
    masks = [None] * steps if mask is None else tf.unstack(mask[:, :, tf.newaxis], num=steps)

    @tf.custom_gradient
    def run(x, *arguments):
        state, weights = arguments[:size], Weights(*arguments[size:])
        states, saved = _forward(cell, x, state, weights, masks)
        outputs = [tf.stack([h for h, *_ in states[1:]])] if return_sequences else []

        def gradient(*upstream):
            along = tf.unstack(upstream[size], num=steps) if return_sequences else [None] * steps
            return _backward(cell, x, states, saved, weights, masks, upstream[:size], along)

        return (*states[-1], *outputs), gradient

    result = run(x, *state, *weights)
    return result[size] if return_sequences else None, tuple(result[:size])


def _forward(cell, x, state, weights, masks):
    """The states before and after all steps, and what the cell saved in each."""
    states, saved = [state], []
    kernels = tf.split(weights.kernel, cell.input_parts, axis=1)
    input_bias, candidate_bias = cell.biases(weights)
    biases = tf.split(input_bias, cell.input_parts)
    for segment in _segments(len(masks)):
        flat = tf.reshape(x[segment], (-1, x.shape[2]))
        parts = [
            _unstack(affine(flat, kernel, bias), segment)
            for kernel, bias in zip(kernels, biases, strict=True)
        ]
        for *inputs, mask in zip(*parts, masks[segment], strict=True):
            state, kept = cell.forward(inputs, states[-1], weights.recurrent_kernel, candidate_bias)
            if mask is not None:
                state = _where(mask, state, states[-1])
            states.append(state)
            saved.append(kept)
    return states, saved


def _backward(cell, x, states, saved, weights, masks, dstate, doutputs):
    """The gradients by x, by the first state, and by the weights, one after the other."""
    # With the plain transpose Grappler would make a product with a transposed factor of each, which
    # takes half as long again.
    recurrent_kernel = weights.recurrent_kernel
    arguments = recurrent_kernel.shape[1] // recurrent_kernel.shape[0]
    transposed = tf.ensure_shape(tf.transpose(recurrent_kernel), recurrent_kernel.shape[::-1])
    side_by_side = _side_by_side(tf.shape(dstate[0])[0], arguments)
    dx, dweights = [], []
    for segment in reversed(_segments(len(masks))):
        found = []
        for step in reversed(range(segment.start, segment.stop)):
            if doutputs[step] is not None:
                dstate = (dstate[0] + doutputs[step], *dstate[1:])
            passed = None
            if masks[step] is not None:
                nothing = [tf.zeros_like(d) for d in dstate]
                passed = _where(masks[step], nothing, dstate)
                dstate = _where(masks[step], dstate, nothing)
            by = cell.backward(saved[step], dstate)
            recurrent = side_by_side(by.recurrent)
            found.append((recurrent, by.candidate))
            dstate = (by.state[0] + product(recurrent, transposed), *by.state[1:])
            if passed is not None:
                dstate = tuple(d + p for d, p in zip(dstate, passed, strict=True))
        found.reverse()
        flat = tf.reshape(x[segment], (-1, x.shape[2]))
        h = tf.concat([h for h, *_ in states[segment]], 0)
        recurrent, candidates = zip(*found, strict=True)
        inputs = recurrent = tf.concat(recurrent, 0)
        if candidates[0] is not None:
            others = recurrent[:, : -candidates[0].shape[1]]
            inputs = tf.concat([others, tf.concat(candidates, 0)], 1)
        dweights.append(
            Weights(
                kernel=product(flat, inputs, transpose_a=True),
                bias=tf.reduce_sum(inputs, 0),
                recurrent_kernel=product(h, recurrent, transpose_a=True),
                recurrent_bias=tf.reduce_sum(recurrent, 0),
            )
        )
        by_x = product(inputs, weights.kernel, transpose_b=True)
        dx.append(tf.reshape(by_x, (segment.stop - segment.start, -1, x.shape[2])))
    dx.reverse()
    return tf.concat(dx, 0), *dstate, *map(tf.add_n, zip(*dweights, strict=True))


def _side_by_side(rows, count):
    """A function that puts `count` arrays `(rows, N)` next to each other.

    As `tf.concat` does; but that would share the copying out to other threads, and wait until they
    have time. XLA has no such threads, and would make a slice of each row.
    """
    if GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph()):
        return lambda parts: tf.concat(parts, 1)
    indices = [tf.range(rows) * count + number for number in range(count)]

    def put(parts):
        stitched = tf.raw_ops.DynamicStitch(indices=indices, data=parts)
        return tf.reshape(stitched, (-1, count * parts[0].shape[1]))

    return put


def _segments(steps):
    """The time steps in slices of STEPS_IN_PRODUCT."""
    starts = range(0, steps, STEPS_IN_PRODUCT)
    return [slice(start, min(start + STEPS_IN_PRODUCT, steps)) for start in starts]


def _unstack(flat, segment):
    """`(steps * B, N)` as a tensor `(B, N)` for each step of the segment."""
    steps = segment.stop - segment.start
    return tf.unstack(tf.reshape(flat, (steps, -1, flat.shape[1])), num=steps)


def _where(mask, chosen, other):
    return tuple(tf.where(mask, c, o) for c, o in zip(chosen, other, strict=True))
