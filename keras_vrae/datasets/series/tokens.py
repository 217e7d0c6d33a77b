"""Sequences of tokens: time series of one channel whose values are the numbers of categories."""

from pathlib import Path

import numpy as np

from keras_vrae.datasets.series.preparation import Series, series_names
from keras_vrae.datasets.splits import Splits
from keras_vrae.validation import DataError

MOST_CATEGORIES = 2**16


def count_categories(series: Series, source: str | Path) -> int:
    """Returns the number of categories in these series: one more than the largest value.

    Args:
        series: `Series`.
        source: name of the data in messages.

    Returns:
        V, at least 2.

    Raises:
        DataError: for series that are not tokens; the message names the first.
    """
    largest = 1
    for value, name in zip(series.values, series_names(series), strict=True):
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


def as_tokens(splits: Splits, num_categories: int) -> Splits:
    """Turns `Splits` of series `(N, T, 1)` into those of tokens `(N, T)`, float32.

    Args:
        splits: `Splits` that `preparation.make_splits` made.
        num_categories: number of categories, V.
    """
    spec = splits.spec
    train, validation, test = (split._replace(x=split.x[:, :, 0]) for split in splits[:3])
    spec = spec._replace(
        event_shape=spec.event_shape[:1],
        num_categories=num_categories,
        notes={**(spec.notes or {}), "num_categories": num_categories},
    )
    return Splits(train, validation, test, spec)
