"""Sequences from files for a model that is trained already: all of them, and in their order."""

from pathlib import Path
from typing import Any, NamedTuple

from keras_vrae import sequences
from keras_vrae.datasets.music import midi
from keras_vrae.datasets.series import timeseries
from keras_vrae.datasets.series.series import Series, checked, window_starts
from keras_vrae.validation import DataError, SettingError, complaint


class Unseen(NamedTuple):
    """Sequences, a row each.

    Attributes:
        inputs: padded sequences, a dict of `x` and `lengths`, in the units of the data.
        names: what to call the series of each row.
        starts: the step of that series with which each row begins; 0 but for windows.
        labels: the class of each, a string; None where there are none.
    """

    inputs: dict
    names: list
    starts: list
    labels: Any = None


def read(source, event_shape, missing="refuse", window=None, stride=None):
    """Reads sequences as a model of examples of this shape takes them.

    Args:
        source: a file of time series or a set inside aeon, as in `timeseries.read`, of which all
            parts are read; a `.mid` file, or a folder of them.
        event_shape: shape of one example of the model; `(T,)` for tokens.
        missing: as in `series.make_splits`.
        window, stride: likewise; None leaves the series whole.

    Returns:
        `Unseen`.

    Raises:
        SettingError: for a source that is none.
        DataError: for data that cannot be used, or do not fit the model.
    """
    series = _read(source)
    names = series.names or [f"series {number}" for number in range(len(series.values))]
    values, _ = checked(series.values, names, source, missing)
    channels = event_shape[1] if len(event_shape) > 1 else 1
    if values[0].shape[1] != channels:
        raise DataError(
            f"{source} must have {channels} channels, as the model was trained on. "
            f"Received: {values[0].shape[1]}"
        )
    values = values if len(event_shape) > 1 else [value[:, 0] for value in values]
    rows = []
    for index, value in enumerate(values):
        steps = window or len(value)
        for start in window_starts(value, False, steps, stride or steps)[0]:
            rows.append((value[start : start + steps], names[index], start, index))
    if not rows:
        raise DataError(
            f"{source} must have a series of a window or more, {window} steps. "
            f"Received: {max(map(len, values))} in the longest"
        )
    longest = max(rows, key=lambda row: len(row[0]))
    if event_shape[0] and len(longest[0]) > event_shape[0]:
        raise DataError(
            f"{source}, {longest[1]}: a series must have {event_shape[0]} steps or fewer, as the "
            f"model was trained on. Received: {len(longest[0])}"
        )
    arrays, named, starts, indices = map(list, zip(*rows, strict=True))
    labels = series.labels and [str(series.labels[index]) for index in indices]
    return Unseen(sequences.pad(arrays, event_shape[0]), named, starts, labels)


def _read(source):
    path = Path(source)
    if path.is_dir():
        return midi.read_folder(path)[0]
    if path.suffix.lower() in midi.ENDINGS:
        return Series([midi.read(path)], names=[path.name])
    if path.suffix.lower() in timeseries.READERS:
        return timeseries.read(str(source))
    try:
        return timeseries.read(str(source))
    except (SettingError, DataError) as error:  # No such set, or no aeon to ask for it.
        expected = "a file of time series, MIDI files, or the name of a set inside aeon"
        hint = f". {error}" if isinstance(error, DataError) else ""
        raise SettingError(complaint("data", expected, str(source)) + hint) from None
