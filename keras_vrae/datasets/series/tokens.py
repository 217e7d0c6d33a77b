"""Sequences of tokens: time series of one channel whose values are the numbers of categories."""

import numpy as np

from keras_vrae.validation import DataError

MOST_CATEGORIES = 2**16


def count_categories(series, source):
    """How many categories the numbers of these series are of: one more than the largest.

    Args:
        series: `Series`.
        source: what to call the data in messages.

    Returns:
        V, at least 2.

    Raises:
        DataError: for series that are no tokens, by the name of the first at fault.
    """
    largest = 1
    for number, value in enumerate(series.values):
        name = series.names[number] if series.names else f"series {number}"
        if value.shape[1] != 1:
            raise DataError(
                f"{source}, {name}: tokens must have one channel. Received: {value.shape[1]}"
            )
        wrong = ~((value >= 0) & (value < MOST_CATEGORIES) & (value == np.floor(value)))
        if wrong.any():
            raise DataError(
                f"{source}, {name}: tokens must be whole numbers from 0 to {MOST_CATEGORIES - 1}. "
                f"Received: {value[wrong][0]:g} at step {int(np.argmax(wrong))}"
            )
        largest = max(largest, int(value.max(initial=0)))
    return largest + 1


def as_tokens(splits, num_categories):
    """`Splits` of series `(N, T, 1)` as those of tokens `(N, T)`, float32.

    Args:
        splits: what `series.make_splits` made.
        num_categories: number of categories, V.
    """
    spec = splits.spec
    parts = [split._replace(x=split.x[:, :, 0]) for split in splits[:3]]
    return type(splits)(
        *parts,
        spec._replace(
            event_shape=spec.event_shape[:1],
            num_categories=num_categories,
            notes={**spec.notes, "num_categories": num_categories},
        ),
    )
