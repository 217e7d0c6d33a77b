"""A recurrent cell over a whole sequence, as one operation with its own gradient.

The gradient that TensorFlow finds for a loop adds up one small product for each weight and time
step. Here the gradients of several steps are kept, and the weights' are formed of them by one
product; likewise the input of several steps is projected by one. Products of that size run close
to the speed of the largest, and the arrays are still small enough for the caches.
"""

import tensorflow as tf

from keras_vrae.layers.cells import Weights, affine

STEPS_IN_PRODUCT = 7


def scan(cell, x, state, mask=None, *, weights, return_sequences=False):
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
    for piece in _pieces(len(masks)):
        flat = tf.reshape(x[piece], (-1, x.shape[2]))
        gates = _unstack(affine(flat, weights.input_gates, weights.bias_gates), piece)
        candidates = _unstack(affine(flat, weights.input_candidate, weights.bias_candidate), piece)
        for gate, candidate, mask in zip(gates, candidates, masks[piece], strict=True):
            state, kept = cell.forward(gate, candidate, states[-1], weights)
            if mask is not None:
                state = _where(mask, state, states[-1])
            states.append(state)
            saved.append(kept)
    return states, saved


def _backward(cell, x, states, saved, weights, masks, dstate, doutputs):
    """The gradients by x, by the first state, and by the weights, one after the other."""
    gates_transposed = tf.transpose(weights.recurrent_gates)
    candidate_transposed = tf.transpose(weights.recurrent_candidate)
    dx, dweights = [], []
    for piece in reversed(_pieces(len(masks))):
        found = []
        for step in reversed(range(piece.start, piece.stop)):
            if doutputs[step] is not None:
                dstate = (dstate[0] + doutputs[step], *dstate[1:])
            passed = None
            if masks[step] is not None:
                nothing = [tf.zeros_like(d) for d in dstate]
                passed = _where(masks[step], nothing, dstate)
                dstate = _where(masks[step], dstate, nothing)
            by = cell.backward(saved[step], dstate)
            found.append(by)
            dstate = (
                by.state[0]
                + tf.matmul(by.gates, gates_transposed)
                + tf.matmul(by.recurrent_candidate, candidate_transposed),
                *by.state[1:],
            )
            if passed is not None:
                dstate = tuple(d + p for d, p in zip(dstate, passed, strict=True))
        found.reverse()
        gates = tf.concat([by.gates for by in found], 0)
        candidate = tf.concat([by.candidate for by in found], 0)
        recurrent_candidate = tf.concat([by.recurrent_candidate for by in found], 0)
        flat = tf.reshape(x[piece], (-1, x.shape[2]))
        h = tf.concat([h for h, *_ in states[piece]], 0)
        dweights.append(
            Weights(
                input_gates=tf.matmul(flat, gates, transpose_a=True),
                bias_gates=tf.reduce_sum(gates, 0),
                input_candidate=tf.matmul(flat, candidate, transpose_a=True),
                bias_candidate=tf.reduce_sum(candidate, 0),
                recurrent_gates=tf.matmul(h, gates, transpose_a=True),
                recurrent_candidate=tf.matmul(h, recurrent_candidate, transpose_a=True),
                recurrent_bias=tf.reduce_sum(recurrent_candidate, 0),
            )
        )
        by_x = tf.matmul(gates, weights.input_gates, transpose_b=True)
        by_x += tf.matmul(candidate, weights.input_candidate, transpose_b=True)
        dx.append(tf.reshape(by_x, (piece.stop - piece.start, -1, x.shape[2])))
    dx.reverse()
    return tf.concat(dx, 0), *dstate, *map(tf.add_n, zip(*dweights, strict=True))


def _pieces(steps):
    """The time steps in slices of STEPS_IN_PRODUCT."""
    starts = range(0, steps, STEPS_IN_PRODUCT)
    return [slice(start, min(start + STEPS_IN_PRODUCT, steps)) for start in starts]


def _unstack(flat, piece):
    """`(steps * B, N)` as a tensor `(B, N)` for each step of the piece."""
    steps = piece.stop - piece.start
    return tf.unstack(tf.reshape(flat, (steps, -1, flat.shape[1])), num=steps)


def _where(mask, chosen, other):
    return tuple(tf.where(mask, c, o) for c, o in zip(chosen, other, strict=True))
