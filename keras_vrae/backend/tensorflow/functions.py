"""A function of one batch, compiled once and applied to whole arrays."""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import tree

from keras_vrae.backend.rows import rows_in_batches
from keras_vrae.backend.tensorflow.threads import (
    LimitedThreads,
    can_be_limited,
    traced_as_limited,
)
from keras_vrae.sequences import num_rows
from keras_vrae.types import Tensor
from keras_vrae.validation import check_int

MAX_BYTES_PER_CALL = 2**23  # Of several batches, and of the results.


def over_batches(
    function: Callable[[Any], Any],
    row_shape: Any,
    together: int = 1,
    dtype: str = "float32",
    variables: Iterable[keras.Variable] = (),
    wide: bool = False,
    as_one: bool = False,
) -> Callable[..., Any]:
    """Compiles `function` and returns it as a function of whole arrays.

    Args:
        function: takes a tensor `(B, *row_shape)`, or a dict of such, and returns tensors whose
            first axis is B, or tuples of such.
        row_shape: shape of one row, or a dict of shapes.
        together: the most batches of an array to work on in a call, two of them at a time. For
            functions that draw nothing, and take so little time that a call shows.
        dtype: type of the tensors that `function` takes.
        variables: those that `function` uses; TensorFlow finds them itself.
        wide: whether `function` is few operations on many values, each of which does best with all
            cores.
        as_one: whether the batches of a call are put together to one, which dense layers multiply
            faster. A recurrent layer has more to keep between its steps then.

    Returns:
        A function of `(array, batch_size, verbose=0)`, for arrays, sparse matrices of SciPy and
        parts of a data set in shards, that gives NumPy arrays of their length; with `verbose=1` it
        shows its progress.
    """
    spec = tree.map_shape_structure(lambda shape: tf.TensorSpec((None, *shape), dtype), row_shape)
    limited = not wide and can_be_limited()
    function = traced_as_limited(function) if limited else function
    compiled = tf.function(lambda rows: function(rows), [spec], autograph=False)
    row_bytes, stacked = math.inf, together > 1 and not as_one
    if together > 1:
        concrete = compiled.get_concrete_function()
        row_bytes = bytes_of_a_row([spec, concrete.structured_outputs])
        if stacked:
            compiled, spec = over_stacked(concrete, spec)
    if limited:
        compiled = LimitedThreads(compiled, spec)

    def apply(array, batch_size, verbose=0):
        batch_size = check_int("batch_size", batch_size)
        several = max(1, int(min(together, MAX_BYTES_PER_CALL // (batch_size * row_bytes))))
        rows, parts = rows_in_batches(array, several * batch_size, dtype)
        if stacked:
            parts = (stack for part in parts for stack in in_stacks(part, batch_size))
        bar = keras.utils.Progbar(rows, verbose=verbose)
        results = []
        for part in parts:
            results.append(compiled(part))
            bar.add(len(tree.flatten(results[-1])[0]))
        return tree.map_structure(lambda *parts: np.concatenate(parts), *results)

    return apply


def over_stacked(function: Any, spec: Any) -> tuple[Callable[[Any], Any], Any]:
    """A concrete function of one batch as one of several, `(number of batches, B, ...)`.

    Args:
        function: takes a tensor, or a structure of tensors.
        spec: its `tf.TensorSpec`.

    Returns:
        The compiled function, whose results are those of the batches one after the other, and its
        `tf.TensorSpec`.
    """
    results = tree.map_structure(tf.TensorSpec.from_tensor, function.structured_outputs)
    stacked = tree.map_structure(lambda one: tf.TensorSpec((None, *one.shape), one.dtype), spec)

    @tf.function(input_signature=[stacked], autograph=False)
    def compute(batches):
        found = tf.map_fn(function, batches, fn_output_signature=results, parallel_iterations=2)
        return tree.map_structure(one_after_the_other, found)

    # A `tf.function` warns if it is made more than a few times.
    return compute.get_concrete_function(), stacked


def one_after_the_other(stack: Tensor) -> Tensor:
    """`(number of batches, B, ...)` as `(number of batches * B, ...)`."""
    return tf.reshape(stack, tf.concat([[-1], tf.shape(stack)[2:]], 0))


def bytes_of_a_row(tensors: Any) -> float:
    """Bytes of one row of tensors of float32, or their specs; infinite if a shape is open."""
    shapes = [tensor.shape[1:] for tensor in tree.flatten(tensors)]
    if not all(shape.is_fully_defined() for shape in shapes):
        return math.inf
    return 4 * sum(map(math.prod, shapes))


def in_stacks(rows: Any, batch_size: int) -> Iterator[Any]:
    """Rows as one array `(number of batches, batch_size, ...)`, and one more of the rest."""
    size = num_rows(rows)
    whole = size - size % batch_size
    if whole:
        yield tree.map_structure(
            lambda part: part[:whole].reshape(-1, batch_size, *part.shape[1:]), rows
        )
    if whole < size:
        yield tree.map_structure(lambda part: part[np.newaxis, whole:], rows)
