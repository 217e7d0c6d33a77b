"""Batches of arrays, which an accelerator keeps in its own memory if they are not too large."""

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import jax
import keras
from keras import tree

from keras_vrae.backend import arrays

MAX_RESIDENT_BYTES = 2**32


def array_batches(
    x: Any, y: Any = None, sample_weight: Any = None, **options: Any
) -> keras.utils.PyDataset | Iterator[Any]:
    """Makes batches of the rows of arrays, as `arrays.array_batches` does."""
    options["keep_float64"] = False  # JAX has none.
    return arrays.array_batches(x, y, sample_weight, gatherer=gatherer, **options)


def gatherer(data: Any) -> Callable[[Any], Any]:
    """A function from row numbers to those rows of a structure of arrays."""
    leaves = [leaf for leaf in tree.flatten(data) if leaf is not None]
    size = sum(leaf.dtype.itemsize * math.prod(leaf.shape) for leaf in leaves)
    if jax.default_backend() == "cpu" or size > MAX_RESIDENT_BYTES:
        return arrays.rows_of(data)
    return functools.partial(_take, jax.device_put(data))


@jax.jit
def _take(data, rows):
    return arrays.rows_of(data)(rows)
