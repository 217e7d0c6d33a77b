"""Time series from raw to ready: checked, gaps filled, cut, split, and their standardization."""

from typing import Any, NamedTuple

import numpy as np

from keras_vrae import sequences
from keras_vrae.datasets.splits import VALIDATION_SEED, DataSpec, Split, Splits, draw_rows
from keras_vrae.layers.standardization import Standardization
from keras_vrae.validation import DataError, check_choice

MISSING = ("refuse", "interpolate")
TEST_SEED = 1
# A batch is laid out step by step, which is fastest, up to so many steps; beyond that, batches are
# as long as their longest sequence.
LONGEST_FIXED = 64
LARGEST_VALUE = float(np.finfo("float32").max)


class Series(NamedTuple):
    """Time series as they are in files.

    Attributes:
        values: a list of arrays `(T_n, D)`, NaN for a missing value.
        labels: the class of each series, any hashable; None without classes.
        tests: whether each series belongs to the test part; None if the source does not say.
        names: the name of each series for messages, or None.
    """

    values: list
    labels: Any = None
    tests: Any = None
    names: Any = None


def make_splits(
    series, source, window=None, stride=None, missing="refuse", standardize=True, kind="series"
):
    """Makes `Splits` of time series.

    A tenth of the training part is for validation. If the source does not name a test part, a fifth
    of all series is. Both are drawn at random, but the test part of a single series is its end.

    Args:
        series: `Series`.
        source: name of the data in messages.
        window, stride: each series is cut into windows of `window` steps, one every `stride` steps
            (`window` of them if None); a rest shorter than a window is left out.
        missing: `"refuse"`, or `"interpolate"`: linearly in time between the neighbours in the same
            channel, and at the ends the nearest value.
        standardize: whether the model is to shift and scale each channel by mean and standard
            deviation of the training part, which `standardization` of the spec then holds. Values
            then keep the float64 of their file; otherwise they are float32.
        kind: kind of the `DataSpec`.

    Returns:
        `Splits`, and their `DataSpec`, with `event_shape` `(T, D)`, or `(None, D)` for sequences of
        unequal length of which the longest has more than 64 steps.

    Raises:
        SettingError: for an unknown `missing`.
        DataError: for unusable data; the message names the first faulty series.
    """
    names = series_names(series)
    values, imputed = check_series(series.values, names, source, missing)
    values = values if standardize else [value.astype("float32", copy=False) for value in values]
    tests = series.tests
    labels = ["all"] * len(values) if series.labels is None else list(series.labels)
    if window is not None:
        parts = [window_starts(value, tests is None, window, stride or window) for value in values]
        rows = [
            (value[start : start + window], label, bool(test if tests is None else tests[index]))
            for index, (value, label, part) in enumerate(zip(values, labels, parts, strict=True))
            for test, starts in enumerate(part)
            for start in starts
        ]
        check_windows(rows, values, window, source)
        values, labels, tests = (list(column) for column in zip(*rows, strict=True))
    if len(values) < 3:
        raise DataError(
            f"{source} must have 3 or more series, or a long one to cut into windows. "
            f"Received: {len(values)}"
        )
    train, validation, test = _assign_rows(len(values), tests)
    for name, part in (("training", train), ("test", test)):
        if not len(part):
            raise DataError(f"{source} must have examples of the {name} part. Received: none")
    return _assemble(values, labels, (train, validation, test), standardize, imputed, kind)


def series_names(series):
    """Returns the name of each series for messages."""
    return series.names or [f"series {number}" for number in range(len(series.values))]


def check_series(values, names, source, missing):
    """Returns series without gaps, and the number of values that were filled in.

    Args:
        values: a list of arrays `(T_n, D)`.
        names: the name of each.
        source, missing: as in `make_splits`.

    Returns:
        `(values, imputed)`: float64 arrays, or float32 ones if float32 holds the type of the file;
        and a whole number.

    Raises:
        DataError: for unusable series; the message names the first.
    """
    check_choice("missing", missing, MISSING)
    channels = {value.shape[1] for value in values}
    if len(channels) != 1 or 0 in channels:
        raise DataError(
            f"{source} must have the same channels, one or more, in all series. "
            f"Received: {sorted(channels)}"
        )
    whole, imputed = [], 0
    for value, name in zip(values, names, strict=True):
        dtype = "float32" if np.can_cast(value.dtype, "float32") else "float64"
        value = np.asarray(value, "float64")
        if not len(value):
            raise DataError(f"{source}, {name}: a series must have one step or more. Received: 0")
        largest = np.abs(value).max(initial=0.0, where=~np.isnan(value))
        if largest > LARGEST_VALUE:
            expected = f"values must be finite, of at most {LARGEST_VALUE:.3g}"
            raise DataError(f"{source}, {name}: {expected}. Received: {largest:.3g}")
        gaps = np.isnan(value)
        if gaps.any():
            if missing == "refuse":
                step, channel = np.argwhere(gaps)[0].tolist()
                raise DataError(
                    f"{source}, {name}: the value at step {step}, channel {channel} is missing; "
                    "`missing` must be 'interpolate' to fill such gaps. Received: missing='refuse'"
                )
            if gaps.all(axis=0).any():
                channel = int(np.argmax(gaps.all(axis=0)))
                raise DataError(f"{source}, {name}: channel {channel} has no value at all")
            imputed += int(gaps.sum())
            value = _interpolate(value, gaps)
        whole.append(value.astype(dtype, copy=False))
    return whole, imputed


def _interpolate(value, gaps):
    steps = np.arange(len(value))
    columns = [
        np.interp(steps, steps[~gap], column[~gap])
        for column, gap in zip(value.T, gaps.T, strict=True)
    ]
    return np.stack(columns, axis=1)


def window_starts(value, split, window, stride):
    """Returns the first steps of windows: those of training, and those after them, of the test.

    Without `split` all of them are in the first list.
    """
    starts = range(0, len(value) - window + 1, stride)
    if not split:
        return list(starts), []
    border = int(0.8 * len(value))
    # A step is never in windows of both parts.
    return [s for s in starts if s + window <= border], [s for s in starts if s >= border]


def check_windows(rows, values, window, source):
    """Raises `DataError` if the series are too short for a window."""
    if not rows:
        raise DataError(
            f"{source} must have a series of a window or more, {window} steps. "
            f"Received: {max(map(len, values))} in the longest"
        )


def random_tests(count):
    """Draws a fifth of so many series for the test part: an array of booleans."""
    return draw_rows(count, 0.2, TEST_SEED, fewest=1)


def _assign_rows(count, tests):
    """Returns the row numbers of the three parts."""
    tests = np.asarray(random_tests(count) if tests is None else tests, bool)
    rest = np.flatnonzero(~tests)
    held_out = draw_rows(len(rest), 0.1, VALIDATION_SEED, fewest=1)
    return rest[~held_out], rest[held_out], np.flatnonzero(tests)


def _assemble(values, labels, parts, standardize, imputed, kind):
    lengths = np.array([len(value) for value in values])
    longest, equal = int(lengths.max()), len(set(lengths.tolist())) == 1
    names = sorted(set(labels), key=_sort_key)
    numbers = {name: number for number, name in enumerate(names)}
    y = np.array([numbers[label] for label in labels], "int64")
    padded = sequences.pad(values)
    splits = [
        Split(padded["x"][rows], y[rows], None if equal else padded["lengths"][rows])
        for rows in parts
    ]
    steps = longest if equal or longest <= LONGEST_FIXED else None
    train = np.concatenate([values[row] for row in parts[0]])
    spec = DataSpec(
        event_shape=(steps, values[0].shape[1]),
        num_classes=len(names),
        class_names=tuple(str(name) for name in names),
        kind=kind,
        standardization=_standardization_of(train) if standardize else None,
        notes={
            "lengths": [int(lengths.min()), longest],
            "channels": int(values[0].shape[1]),
            "imputed_values": imputed,
        },
    )
    return Splits(*splits, spec)


def _standardization_of(train):
    """Returns mean and scale of each channel of steps `(N, D)`, and which channels are constant."""
    found = Standardization.of(train)
    # A constant channel is shifted only: its scale is not its deviation.
    constant = train.std(axis=0, dtype="float64") != found.scale
    return {
        "mean": found.mean,
        "scale": found.scale,
        "constant_channels": np.flatnonzero(constant).tolist(),
    }


def _sort_key(name):
    """Sorts numbers by size, before words by the alphabet."""
    try:
        return 0, float(name), ""
    except (TypeError, ValueError):
        return 1, 0.0, str(name)
