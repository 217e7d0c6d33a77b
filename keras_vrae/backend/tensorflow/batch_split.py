"""A batch that is split over the cores."""

import itertools
from collections.abc import Callable

import tensorflow as tf

from keras_vrae.backend.cores import available_cores
from keras_vrae.backend.tensorflow.threads import operations_have_one_thread
from keras_vrae.types import Tensor

MAX_PARTS = 4  # Products lose speed if a batch is split into thinner parts.


def part_count() -> int:
    """Number of parts of a batch: the number of operations that can run at a time, at most 4."""
    threads = tf.config.threading.get_inter_op_parallelism_threads()
    cores = available_cores()
    return min(MAX_PARTS, cores, threads or cores)


def part_sizes(size: Tensor, count: int) -> list[Tensor]:
    """Sizes, as a list of scalar tensors, of `count` parts of an axis of length `size`."""
    ends = [size * number // count for number in range(count + 1)]
    return [end - start for start, end in itertools.pairwise(ends)]


def split_over_cores(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Applies a function of rows to x, split over the cores if that is faster.

    It is faster if an operation has one thread, see `threads`. Otherwise the operations share the
    cores out themselves.

    Args:
        function: takes a tensor `(B, F)` and returns one whose row i depends on its row i alone.
        x: tensor `(B, F)`.

    Returns:
        `function(x)`, up to rounding.
    """
    count = part_count()
    if not operations_have_one_thread() or count == 1 or not tf.is_tensor(x):
        return function(x)
    parts = tf.split(x, part_sizes(tf.shape(x)[0], count))
    return tf.concat([function(part) for part in parts], 0)
