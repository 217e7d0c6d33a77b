"""A recurrent cell over a sequence of any length, in memory that hardly grows with it.

The sequence is cut into segments. Of the forward pass only the state before each segment is kept;
the backward pass goes over the segments from the last to the first, computes each again from that
state, and takes its gradient (gradient checkpointing). That is one forward pass more, and exact.
"""

from collections.abc import Sequence

import tensorflow as tf

from keras_vrae.backend.tensorflow.recurrent.cells import GRUCell, LSTMCell, Weights
from keras_vrae.backend.tensorflow.recurrent.scan import scan
from keras_vrae.types import Tensor

STEPS_IN_SEGMENT = 28


def long_scan(
    cell: type[LSTMCell] | type[GRUCell],
    x: Tensor,
    state: Sequence[Tensor],
    mask: Tensor | None = None,
    *,
    weights: Weights,
    return_sequences: bool = False,
) -> tuple[Tensor | None, tuple[Tensor, ...]]:
    """Runs a cell over the time steps of x, as `scan` does, whether their number is known or not.

    Args, Returns:
        As in `scan`.

    Reference:
        Chen, Xu, Zhang and Guestrin, 2016, arXiv 1604.06174; Gruslys et al., 2016,
        arXiv 1606.03401, for recurrent networks.
    """
    steps, batch = tf.shape(x)[0], tf.shape(x)[1]
    segments = -(-steps // STEPS_IN_SEGMENT)
    padding = segments * STEPS_IN_SEGMENT - steps
    if mask is None:
        mask = tf.ones((steps, batch), tf.bool)
    mask = _cut(tf.pad(mask, [(0, padding), (0, 0)]), segments)
    x = _cut(tf.pad(x, [(0, padding), (0, 0), (0, 0)]), segments)
    size = len(state)

    def run_segment(part, state, weights, index):
        return scan(
            cell, part, state, mask[index], weights=weights, return_sequences=return_sequences
        )

    @tf.custom_gradient
    def run(x, *arguments):
        first, weights = arguments[:size], Weights(*arguments[size:])

        def forward(index, state, starts, outputs):
            starts = tuple(s.write(index, part) for s, part in zip(starts, state, strict=True))
            output, state = run_segment(x[index], state, weights, index)
            return index + 1, state, starts, outputs.write(index, output) if outputs else outputs

        arrays = tuple(
            tf.TensorArray(part.dtype, segments, element_shape=part.shape) for part in first
        )
        shape = (STEPS_IN_SEGMENT, *first[0].shape)
        wanted = tf.TensorArray(x.dtype, segments, element_shape=shape) if return_sequences else ()
        _, last, starts, outputs = tf.while_loop(
            lambda index, *_: index < segments, forward, (0, tuple(first), arrays, wanted)
        )
        starts = [array.stack() for array in starts]

        def gradient(*upstream):
            def backward(index, dstate, dweights, dx):
                index -= 1
                state = tuple(start[index] for start in starts)
                with tf.GradientTape() as tape:
                    part = x[index]
                    sources = [part, *state, *weights]
                    tape.watch(sources)
                    output, state = run_segment(part, state, weights, index)
                along = [upstream[size][index]] if return_sequences else []
                targets = [*state, output] if return_sequences else list(state)
                by_part, *rest = tape.gradient(targets, sources, [*dstate, *along])
                dweights = tuple(d + new for d, new in zip(dweights, rest[size:], strict=True))
                return index, tuple(rest[:size]), dweights, dx.write(index, by_part)

            nothing = tuple(map(tf.zeros_like, weights))
            array = tf.TensorArray(x.dtype, segments, element_shape=x.shape[1:])
            _, dstate, dweights, dx = tf.while_loop(
                lambda index, *_: index > 0,
                backward,
                (segments, tuple(upstream[:size]), nothing, array),
            )
            return dx.stack(), *dstate, *dweights

        return (*last, outputs.stack()) if return_sequences else tuple(last), gradient

    result = run(x, *state, *weights)
    if not return_sequences:
        return None, tuple(result)
    outputs = tf.reshape(result[size], (-1, batch, result[size].shape[-1]))
    return outputs[:steps], tuple(result[:size])


def _cut(array, segments):
    """`(segments * STEPS_IN_SEGMENT, ...)` as `(segments, STEPS_IN_SEGMENT, ...)`."""
    shape = tf.concat([[segments, STEPS_IN_SEGMENT], tf.shape(array)[1:]], 0)
    cut = tf.reshape(array, shape)
    cut.set_shape((None, STEPS_IN_SEGMENT, *array.shape[1:]))
    return cut
