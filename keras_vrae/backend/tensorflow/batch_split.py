"""A batch that is split over the cores."""

import itertools
from collections.abc import Callable

import tensorflow as tf

from keras_vrae.backend.tensorflow.threads import are_limited, part_count
from keras_vrae.types import Tensor


def part_sizes(size: Tensor, count: int) -> list[Tensor]:
    """Sizes, as a list of scalar tensors, of `count` parts of an axis of length `size`."""
    ends = [size * number // count for number in range(count + 1)]
    return [end - start for start, end in itertools.pairwise(ends)]


def split_over_cores(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Applies a function of rows to x, split over the cores if that is faster.

    It is faster if operations have few threads, see `threads`. Otherwise they share the cores out
    themselves.

    Args:
        function: takes a tensor `(B, F)` and returns one whose row i depends on its row i alone.
        x: tensor `(B, F)`.

    Returns:
        `function(x)`, up to rounding.
    """
    count = part_count()
    if not are_limited() or count == 1 or not tf.is_tensor(x):
        return function(x)
    parts = tf.split(x, part_sizes(tf.shape(x)[0], count))
    return tf.concat([function(part) for part in parts], 0)
