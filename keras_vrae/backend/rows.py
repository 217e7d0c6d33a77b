"""The rows of whole arrays, a batch at a time."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from keras import tree

from keras_vrae.sequences import is_sparse, num_rows, take


def rows_in_batches(
    array: Any, batch_size: int, dtype: str = "float32"
) -> tuple[int, Iterable[Any]]:
    """Number of rows, and an iterable of them in batches.

    Args:
        array: an array, padded sequences, a sparse matrix of SciPy, or a part of a data set in
            shards.
        batch_size: rows in a batch; the last one may have fewer.
        dtype: type of the batches.
    """
    if hasattr(array, "in_batches"):
        return array.size, array.in_batches(batch_size)
    if is_sparse(array):
        array = array.tocsr()
    else:
        array = tree.map_structure(lambda part: np.asarray(part, dtype), array)
    rows = num_rows(array)
    return rows, (
        take(array, slice(start, start + batch_size)) for start in range(0, rows, batch_size)
    )
