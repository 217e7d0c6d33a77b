"""Time series from raw to ready: checked, gaps filled, cut, split, and their standardization."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from keras_vrae import sequences
from keras_vrae.batch import NO_LABEL
from keras_vrae.datasets.splits import (
    SMALLEST_PART,
    VALIDATION_SEED,
    DataSpec,
    Split,
    Splits,
    draw_rows,
)
from keras_vrae.datasets.tables import sort_key
from keras_vrae.layers.standardization import Standardization
from keras_vrae.validation import DataError, check_choice

MISSING = ("refuse", "interpolate")
TEST_SEED = 1
TEST_SHARE, VALIDATION_SHARE = 0.2, 0.1  # Of all steps or series, and of the rest.
# No window runs across a gap in time of more than so many times the usual step.
MAX_GAP = 10.0
IRREGULAR = 1e-3  # Relative difference of the steps in time that says so.
# A batch is laid out step by step, which is fastest, up to so many steps; beyond that, batches are
# as long as their longest sequence.
LONGEST_FIXED = 64
LARGEST_VALUE = float(np.finfo("float32").max)
TRAIN, VALIDATION, TEST = range(3)


class Series(NamedTuple):
    """Time series as they are in files and tables.

    The methods of a model and the estimators of `keras_vrae.sklearn` take it as examples.

    Attributes:
        values: a list of arrays `(T_n, D)`, NaN for a missing value.
        labels: the class of each series, a string or a number, or None for one without a label;
            None without classes.
        tests: whether each series belongs to the test part; None if the source does not say.
        names: the name of each series for messages, or None.
        times: the time of each step, arrays `(T_n,)` that rise, in seconds or as the source counts;
            None if the source does not say.
        channels: names of the channels, or `()`.
        read_as: a sentence on how the source was read, or None.
        remarks: sentences on choices that were made, which the program prints and keeps.
        targets: the number that a regression is to predict of each series, a list with None for an
            unknown one; or None.
        ids: the id of each series in a table, a string; None without ids.
    """

    values: list[np.ndarray]
    labels: Sequence[Any] | None = None
    tests: Sequence[bool] | None = None
    names: Sequence[str] | None = None
    times: Sequence[np.ndarray] | None = None
    channels: tuple[str, ...] = ()
    read_as: str | None = None
    remarks: tuple[str, ...] = ()
    targets: Sequence[float | None] | None = None
    ids: list[str] | None = None

    @property
    def inputs(self) -> np.ndarray | dict[str, np.ndarray]:
        """Examples as a model takes them: an array `(N, T, D)`, or a dict of it and lengths."""
        padded = sequences.pad([np.asarray(value, "float64") for value in self.values])
        return padded if len({*padded["lengths"].tolist()}) > 1 else padded["x"]


class Preparation(NamedTuple):
    """Settings of the way from series in files to examples.

    Attributes:
        window, stride: each series is cut into windows of `window` steps, one every `stride` steps
            (`window` of them if None); a rest shorter than a window is left out.
        missing: `"refuse"`, or `"interpolate"`: linearly in time between the neighbours in the same
            channel, and at the ends the nearest value.
        max_gap: no window runs across a gap in time of more than so many times the median step of
            its series; 0 for windows across any gap.
    """

    window: int | None = None
    stride: int | None = None
    missing: str = "refuse"
    max_gap: float = MAX_GAP


class Stretch(NamedTuple):
    """Consecutive steps of a series that belong to one part: `start` to `stop`, without the end."""

    row: int
    start: int
    stop: int
    part: int


def make_splits(
    series: Series,
    source: str | Path,
    preparation: Preparation | None = None,
    standardize: bool = True,
    kind: str = "series",
) -> Splits:
    """Makes `Splits` of time series.

    A tenth of the training part is for validation. If the source does not name a test part, a fifth
    of all series is. Both are drawn at random, as whole series. Of series that are to be cut into
    windows each is cut in time instead, if it is long enough: into training, validation and test
    steps, with half a window between them that belongs to none. (If there is a test part and ten
    training series or more, some of these are for validation.) Only then are gaps filled, and
    windows and standardization made, so that no part knows a value of another.

    Args:
        series: `Series`.
        source: name of the data in messages.
        preparation: `Preparation`; its defaults if None.
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
    preparation = preparation or Preparation()
    check_series(series, source, preparation.missing)
    window, remarks = preparation.window, [*series.remarks, *time_remarks(series, preparation)]
    stretches = whole_stretches(series)
    if window:
        stretches = _cut_in_time(series, stretches, window)
    stretches = _with_all_parts(stretches, series)
    values, imputed = fill(series, source, stretches)
    if window:
        cuts = cut_windows(series, source, stretches, preparation)
        values = [values[index][start : start + window] for index, start in cuts]
        if len(stretches) > len(series.values):
            remarks.append(
                f"series are cut in time; {window // 2} steps between parts are left out"
            )
        stretches = [stretches[index] for index, _ in cuts]
    if len(values) < 3:
        raise DataError(
            f"{source} must have 3 or more series, or a long one to cut into windows. "
            f"Received: {len(values)}"
        )
    parts = np.array([stretch.part for stretch in stretches])
    for number, name in enumerate(("training", "validation", "test")):
        if not np.any(parts == number):
            raise DataError(f"{source} must have examples of the {name} part. Received: none")
    if imputed:
        remarks.append(f"{imputed:,} missing values are interpolated")
    values = values if standardize else [value.astype("float32", copy=False) for value in values]
    labels, known = None, series.labels or ()
    if any(label is not None for label in known):
        labels = [known[stretch.row] for stretch in stretches]
    notes = {"imputed_values": imputed, "remarks": remarks}
    targets = None
    if series.targets is not None:
        targets = np.array([series.targets[stretch.row] for stretch in stretches], "float64")
    return _assemble(series, values, labels, targets, parts, standardize, notes, kind)


def series_names(series: Series) -> Sequence[str]:
    """Returns the name of each series for messages."""
    return series.names or [f"series {number}" for number in range(len(series.values))]


def check_series(series: Series, source: str | Path, missing: str = "refuse") -> None:
    """Raises `DataError` for unusable series; the message names the first.

    Args:
        series: `Series`.
        source: name of the data in messages.
        missing: as in `Preparation`.
    """
    check_choice("missing", missing, MISSING)
    channels = {value.shape[1] for value in series.values}
    if len(channels) != 1 or 0 in channels:
        raise DataError(
            f"{source} must have the same channels, one or more, in all series. "
            f"Received: {sorted(channels)}"
        )
    for value, name in zip(series.values, series_names(series), strict=True):
        value = np.asarray(value, "float64")
        if not len(value):
            raise DataError(f"{source}, {name}: a series must have one step or more. Received: 0")
        gaps = np.isnan(value)
        largest = np.abs(value).max(initial=0.0, where=~gaps)
        if largest > LARGEST_VALUE:
            expected = f"values must be finite, of at most {LARGEST_VALUE:.3g}"
            raise DataError(f"{source}, {name}: {expected}. Received: {largest:.3g}")
        if missing == "refuse" and gaps.any():
            step, channel = np.argwhere(gaps)[0].tolist()
            raise DataError(
                f"{source}, {name}: the value at step {step}, {_channel(series, channel)} is "
                "missing; `missing` must be 'interpolate' to fill such gaps. "
                "Received: missing='refuse'"
            )


def fill(
    series: Series, source: str | Path, stretches: Sequence[Stretch]
) -> tuple[list[np.ndarray], int]:
    """Returns the values of stretches of series without gaps, and the number of those filled in.

    Args:
        series: `Series`, checked.
        source: name of the data in messages.
        stretches: `Stretch`es, each of which is filled from its own values alone.

    Returns:
        `(values, imputed)`: float64 arrays, or float32 ones if float32 holds the type of the file;
        and a whole number.

    Raises:
        DataError: for a stretch with a channel without values.
    """
    names, filled, imputed = series_names(series), [], 0
    for row, start, stop, _ in stretches:
        value = np.asarray(series.values[row][start:stop])
        dtype = "float32" if np.can_cast(value.dtype, "float32") else "float64"
        value = value.astype("float64")
        gaps = np.isnan(value)
        if gaps.any():
            if gaps.all(axis=0).any():
                channel = _channel(series, int(np.argmax(gaps.all(axis=0))))
                steps = f" in its steps {start} to {stop - 1}"
                steps = steps if stop - start < len(series.values[row]) else ""
                raise DataError(f"{source}, {names[row]}: {channel} has no value at all{steps}")
            imputed += int(gaps.sum())
            times = np.arange(len(value)) if series.times is None else series.times[row][start:stop]
            value = _interpolate(value, gaps, times)
        filled.append(value.astype(dtype, copy=False))
    return filled, imputed


def _channel(series, number):
    return f"channel {series.channels[number] if series.channels else number}"


def _interpolate(value, gaps, times):
    columns = [
        np.interp(times, times[~gap], column[~gap])
        for column, gap in zip(value.T, gaps.T, strict=True)
    ]
    return np.stack(columns, axis=1)


def whole_stretches(series: Series) -> list[Stretch]:
    """Returns each series as one `Stretch`, of the training part unless the source says test."""
    tests = [False] * len(series.values) if series.tests is None else series.tests
    return [
        Stretch(row, 0, len(value), TEST if test else TRAIN)
        for row, (value, test) in enumerate(zip(series.values, tests, strict=True))
    ]


def _cut_in_time(series, stretches, window):
    """Cuts each training series into stretches of the parts to make, if it is long enough.

    Half a window between two stretches belongs to neither, so that windows of two parts are not
    neighbours.
    """
    parts = [] if series.tests is not None else [(TEST, TEST_SHARE)]
    if parts or sum(stretch.part == TRAIN for stretch in stretches) < SMALLEST_PART:
        parts.append((VALIDATION, VALIDATION_SHARE))
    guard, found = window // 2, []
    for row, start, stop, of in stretches:
        for part, share in parts if of == TRAIN else ():
            border = stop - max(window, round(share * stop))
            if border - guard >= window:
                found.append(Stretch(row, border, stop, part))
                stop = border - guard
        found.append(Stretch(row, start, stop, of))
    return found


def _with_all_parts(stretches, series):
    """Draws whole series for the test and the validation part if there are none of them yet."""
    for part, share, seed in (
        (TEST, TEST_SHARE, TEST_SEED),
        (VALIDATION, VALIDATION_SHARE, VALIDATION_SEED),
    ):
        training = [row for row, _, _, of in stretches if of == TRAIN]
        if any(of == part for *_, of in stretches) or (part == TEST and series.tests is not None):
            continue
        drawn = draw_rows(len(training), share, seed, fewest=1)
        drawn = {row for row, is_drawn in zip(training, drawn, strict=True) if is_drawn}
        stretches = [
            stretch._replace(part=part)
            if stretch.part == TRAIN and stretch.row in drawn
            else stretch
            for stretch in stretches
        ]
    return stretches


def cut_windows(
    series: Series, source: str | Path, stretches: Sequence[Stretch], preparation: Preparation
) -> list[tuple[int, int]]:
    """Returns the windows of stretches: pairs of the number of a stretch, and a step in it.

    Raises:
        DataError: if there is none.
    """
    cuts = [
        (index, start)
        for index, stretch in enumerate(stretches)
        for start in window_starts(series, stretch, preparation)
    ]
    if not cuts:
        gaps = "" if series.times is None else " without a gap in time"
        raise DataError(
            f"{source} must have a series of a window or more, {preparation.window} steps{gaps}. "
            f"Received: {max(map(len, series.values))} in the longest"
        )
    return cuts


def window_starts(series: Series, stretch: Stretch, preparation: Preparation) -> list[int]:
    """Returns the first steps of the windows of a stretch, counted from its beginning.

    Windows begin again behind each gap in time that they may not run across.

    Args:
        series: `Series`.
        stretch: `Stretch`.
        preparation: `Preparation` with a window.
    """
    window = cast(int, preparation.window)
    stride = preparation.stride or window
    borders = [0, stretch.stop - stretch.start]
    if series.times is not None:
        times = series.times[stretch.row]
        wide = np.diff(times) > (preparation.max_gap or np.inf) * np.median(np.diff(times))
        behind = np.flatnonzero(wide[stretch.start : stretch.stop - 1]) + 1
        borders[1:1] = behind.tolist()
    return [
        start
        for first, last in itertools.pairwise(borders)
        for start in range(first, last - window + 1, stride)
    ]


def time_remarks(series: Series, preparation: Preparation) -> list[str]:
    """Returns sentences on steps in time that differ, and on gaps; a list."""
    steps = [np.diff(times) for times in series.times or () if len(times) > 1]
    if not steps:
        return []
    every = np.concatenate(steps)
    shortest, longest, median = every.min(), every.max(), np.median(every)
    if longest - shortest <= IRREGULAR * longest:
        return []
    remarks = [
        f"steps in time are irregular: from {shortest:g} to {longest:g}, {median:g} at the median"
    ]
    most = preparation.max_gap or MAX_GAP
    gaps = sum(int(np.sum(found > most * np.median(found))) for found in steps)
    if gaps:
        windows = "no window runs" if preparation.max_gap else "windows run"
        across = f"; {windows} across them" if preparation.window else ""
        remarks.append(f"gaps in time longer than {most:g} median steps: {gaps:,}{across}")
    return remarks


def random_tests(count: int) -> np.ndarray:
    """Draws a fifth of so many series for the test part: an array of booleans."""
    return draw_rows(count, TEST_SHARE, TEST_SEED, fewest=1)


def _assemble(series, values, labels, targets, parts, standardize, notes, kind):
    lengths = np.array([len(value) for value in values])
    longest, equal = int(lengths.max()), len(set(lengths.tolist())) == 1
    known = {label for label in labels or ["all"] * len(values) if label is not None}
    names = sorted(known, key=sort_key)
    numbers = {name: number for number, name in enumerate(names)}
    labels = labels or ["all"] * len(values)
    y = np.array([numbers.get(label, NO_LABEL) for label in labels], "int64")
    padded = sequences.pad(values)
    rows = [np.flatnonzero(parts == part) for part in (TRAIN, VALIDATION, TEST)]
    splits = [
        Split(
            padded["x"][part],
            y[part],
            None if equal else padded["lengths"][part],
            None if targets is None else targets[part],
        )
        for part in rows
    ]
    steps = longest if equal or longest <= LONGEST_FIXED else None
    train = np.concatenate([values[row] for row in rows[TRAIN]])
    found = {
        "read_as": series.read_as,
        "lengths": [int(lengths.min()), longest],
        "channels": int(values[0].shape[1]),
        "channel_names": list(series.channels) or None,
        **notes,
    }
    unlabelled = int(np.sum(y == NO_LABEL))
    if unlabelled:
        found["remarks"].append(f"{unlabelled:,} examples have no label")
    spec = DataSpec(
        event_shape=(steps, values[0].shape[1]),
        num_classes=len(names),
        class_names=tuple(str(name) for name in names),
        kind=kind,
        standardization=_standardization_of(train) if standardize else None,
        notes={name: note for name, note in found.items() if note not in (None, [])},
    )
    train_part, validation, test = splits
    return Splits(train_part, validation, test, spec)


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
