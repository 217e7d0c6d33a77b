"""Time series from raw to ready: checked, made whole, cut, standardized, split."""

from typing import Any, NamedTuple

import numpy as np

from keras_vrae import sequences
from keras_vrae.datasets.splits import VALIDATION_SEED, DataSpec, Split, Splits
from keras_vrae.validation import DataError

TEST_SEED = 1
# Up to so many steps a batch is laid out step by step, which is fastest; beyond, batches are as
# long as their longest sequence.
LONGEST_FIXED = 64
LARGEST_VALUE = float(np.finfo("float32").max)


class Series(NamedTuple):
    """What a reader of files returns.

    Attributes:
        values: a list of arrays `(T_n, D)`, float, NaN where a value is missing.
        labels: the class of each, any hashable; None where there are none.
        tests: whether each belongs to the test part; None where the source does not say.
        names: what to call each in a message.
    """

    values: list
    labels: Any = None
    tests: Any = None
    names: Any = None


def make_splits(
    series, source, window=None, stride=None, missing="refuse", standardize=True, kind="series"
):
    """Makes `Splits` of time series.

    A tenth of the training part is for validation, and a fifth of all for testing where the source
    does not say which part is; drawn at random, but of a single series the last ones in time.

    Args:
        series: `Series`.
        source: what to call the data in messages.
        window, stride: each series is cut into windows of so many steps, one begun every `stride`
            steps (a whole window when None); a rest shorter than a window is left out.
        missing: `"refuse"`, or `"interpolate"`: linearly in time between the neighbours in the same
            channel, and at the ends the nearest value.
        standardize: whether to shift and scale each channel by mean and standard deviation of the
            training part; the spec then has the `scaling`, and the splits stay as they are.
        kind: that of the `DataSpec`.

    Returns:
        `Splits`, and their `DataSpec`, with `event_shape` `(T, D)`, or `(None, D)` for sequences of
        unequal length of which the longest has more than 64 steps.

    Raises:
        DataError: for data that cannot be used, by the name of the first series at fault.
    """
    names = series.names or [f"series {number}" for number in range(len(series.values))]
    values, imputed = checked(series.values, names, source, missing)
    tests = series.tests
    labels = ["all"] * len(values) if series.labels is None else list(series.labels)
    if window is not None:
        parts = [window_starts(value, tests is None, window, stride or window) for value in values]
        if not any(starts for part in parts for starts in part):
            longest = max(map(len, values))
            raise DataError(
                f"{source} must have a series of a window or more, {window} steps. "
                f"Received: {longest} in the longest"
            )
        rows = [
            (value[start : start + window], label, test)
            for index, (value, label, part) in enumerate(zip(values, labels, parts, strict=True))
            for test, starts in enumerate(part)
            for start in starts
            for test in [bool(test) if tests is None else bool(tests[index])]
        ]
        values, labels, tests = (list(column) for column in zip(*rows, strict=True))
    if len(values) < 3:
        raise DataError(
            f"{source} must have 3 or more series, or a long one to cut into windows. "
            f"Received: {len(values)}"
        )
    train, validation, test = _assign(len(values), tests)
    for name, part in (("training", train), ("test", test)):
        if not len(part):
            raise DataError(f"{source} must have examples of the {name} part. Received: none")
    return _assemble(values, labels, (train, validation, test), standardize, imputed, kind)


def checked(values, names, source, missing):
    """`(values, imputed)`: float32 series without gaps, and how many values were filled in.

    Raises:
        DataError: for series that cannot be used, by the name of the first.
    """
    channels = {value.shape[1] for value in values}
    if len(channels) != 1 or 0 in channels:
        raise DataError(
            f"{source} must have the same channels, one or more, in all series. "
            f"Received: {sorted(channels)}"
        )
    whole, imputed = [], 0
    for value, name in zip(values, names, strict=True):
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
        whole.append(value.astype("float32"))
    return whole, imputed


def _interpolate(value, gaps):
    steps = np.arange(len(value))
    columns = [
        np.interp(steps, steps[~gap], column[~gap])
        for column, gap in zip(value.T, gaps.T, strict=True)
    ]
    return np.stack(columns, axis=1)


def window_starts(value, split, window, stride):
    """First steps of the windows: those of training, and those that begin after them, of test.

    Without `split` all of them are in the first list.
    """
    starts = range(0, len(value) - window + 1, stride)
    if not split:
        return list(starts), []
    border = int(0.8 * len(value))
    # No step is in windows of both parts.
    return [s for s in starts if s + window <= border], [s for s in starts if s >= border]


def random_tests(count):
    """Whether each of so many series belongs to the test part, which is a fifth of them."""
    order = np.random.default_rng(TEST_SEED).permutation(count)
    return np.isin(np.arange(count), order[: max(1, round(0.2 * count))])


def _assign(count, tests):
    """Row numbers of the three parts."""
    rows = np.arange(count)
    tests = np.asarray(random_tests(count) if tests is None else tests, bool)
    rest = rows[~tests]
    order = np.random.default_rng(VALIDATION_SEED).permutation(len(rest))
    held_out = np.isin(np.arange(len(rest)), order[: max(1, round(0.1 * len(rest)))])
    return rest[~held_out], rest[held_out], rows[tests]


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
    scaling = None
    if standardize:
        mean, deviation = train.mean(axis=0, dtype="float64"), train.std(axis=0, dtype="float64")
        constant = deviation <= 1e-6 * np.maximum(1.0, np.abs(mean))
        scaling = {
            "mean": mean.tolist(),
            "scale": np.where(constant, 1.0, deviation).tolist(),
            "constant_channels": np.flatnonzero(constant).tolist(),
        }
    spec = DataSpec(
        event_shape=(steps, values[0].shape[1]),
        num_classes=len(names),
        class_names=tuple(str(name) for name in names),
        kind=kind,
        scaling=scaling,
        notes={
            "lengths": [int(lengths.min()), longest],
            "channels": int(values[0].shape[1]),
            "imputed_values": imputed,
        },
    )
    return Splits(*splits, spec)


def _sort_key(name):
    """Numbers by size, before words by the alphabet."""
    try:
        return 0, float(name), ""
    except (TypeError, ValueError):
        return 1, 0.0, str(name)
