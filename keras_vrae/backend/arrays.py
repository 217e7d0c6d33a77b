"""Batches of arrays in memory, for loops that take them from Python."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras import ops, tree


def array_batches(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    batch_size: int,
    shuffle: bool = False,
    endless: bool = False,
    keep_float64: bool = False,
    gatherer: Callable[[Any], Callable[[Any], Any]] | None = None,
) -> keras.utils.PyDataset | Iterator[Any]:
    """Makes batches of the rows of arrays, each row once.

    Args:
        x: an array, or a structure of arrays, whose first axis is the examples.
        y: the same for labels, or None.
        sample_weight: `(N,)`, or None.
        batch_size: examples in a batch; the last one may have fewer.
        shuffle: whether each pass draws an order of its own, which `keras.utils.set_random_seed`
            fixes.
        endless: whether pass after pass follows, without end.
        keep_float64: whether float64 in x and y stays, so that a model can standardize in it.
        gatherer: makes of a structure of arrays the function from row numbers to those rows; by
            default, in NumPy.

    Returns:
        `keras.utils.PyDataset`, or an endless generator, of tuples `(x,)`, `(x, y)` or
        `(x, y, sample_weight)`. Floating-point values have Keras's default precision, or float64 if
        that is kept.
    """
    if sample_weight is not None:
        sample_weight = ops.convert_to_numpy(sample_weight).astype(keras.config.floatx())
    data = (x, y, sample_weight)
    data = data[: max(place for place, part in enumerate(data) if part is not None) + 1]
    data = tree.map_structure(lambda array: _as_numpy(array, keep_float64), data)
    size = len(next(leaf for leaf in tree.flatten(data) if leaf is not None))
    gather = (gatherer or rows_of)(data)
    orders = _orders(size, shuffle)
    if not endless:
        return _Pass(gather, orders, size, batch_size)
    return (
        gather(order[start : start + batch_size])
        for order in orders
        for start in range(0, size, batch_size)
    )


def rows_of(data: Any) -> Callable[[Any], Any]:
    """A function from row numbers to those rows of a structure of arrays."""
    return lambda rows: tree.map_structure(
        lambda array: None if array is None else array[rows], data
    )


class _Pass(keras.utils.PyDataset):
    """One pass over the rows of arrays, in another order each time if they are shuffled."""

    def __init__(self, gather, orders, size, batch_size):
        super().__init__()
        self.gather, self.orders, self.order = gather, orders, next(orders)
        self.size, self.batch_size = size, batch_size

    def __len__(self):
        return math.ceil(self.size / self.batch_size)

    def __getitem__(self, index):
        start = index * self.batch_size
        return self.gather(self.order[start : start + self.batch_size])

    def on_epoch_end(self):
        self.order = next(self.orders)


def _orders(size, shuffle):
    """The order of the rows in each pass."""
    generator = np.random.default_rng(keras.random.SeedGenerator().get_config()["seed"])
    while True:
        yield generator.permutation(size) if shuffle else np.arange(size)


def _as_numpy(array, keep_float64):
    if array is None:
        return None
    array = ops.convert_to_numpy(array)
    wide = keep_float64 and array.dtype == "float64"
    if array.dtype.kind == "f" and not wide:
        return array.astype(keras.config.floatx(), copy=False)
    return array
