"""Sequences from files for a trained model: all of them, in the order of the files."""

from pathlib import Path
from typing import Any, NamedTuple

from keras_vrae import sequences
from keras_vrae.datasets.music import midi
from keras_vrae.datasets.series.loading import READERS, read_series
from keras_vrae.datasets.series.preparation import (
    Series,
    check_series,
    check_windows,
    series_names,
    window_starts,
)
from keras_vrae.validation import DataError, SettingError, complaint


class Unseen(NamedTuple):
    """Sequences, one per row.

    Attributes:
        inputs: padded sequences, a dict of `x` and `lengths`, in the units of the data.
        names: the name of the series of each row.
        starts: the step of that series at which each row begins; 0 except for windows.
        labels: the class of each row, a string, empty for no label; None without classes.
    """

    inputs: dict
    names: list
    starts: list
    labels: Any = None


def read_sequences(source, event_shape, missing="refuse", window=None, stride=None):
    """Reads sequences as a model of examples of this shape takes them.

    Args:
        source: a file of time series or the name of a set of aeon, as in `series.read_series`, of
            which all parts are read; a `.mid` file, or a folder of them.
        event_shape: shape of one example of the model; `(T,)` for tokens.
        missing: as in `series.preparation.make_splits`.
        window, stride: the same; without a window each series is whole.

    Returns:
        `Unseen`.

    Raises:
        SettingError: for a source of another kind.
        DataError: for unusable data, or data that do not fit the model.
    """
    series = _read_source(source)
    names = series_names(series)
    values, _ = check_series(series.values, names, source, missing)
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
    check_windows(rows, values, window, source)
    longest = max(rows, key=lambda row: len(row[0]))
    if event_shape[0] and len(longest[0]) > event_shape[0]:
        raise DataError(
            f"{source}, {longest[1]}: a series must have {event_shape[0]} steps or fewer, as the "
            f"model was trained on. Received: {len(longest[0])}"
        )
    arrays, named, starts, indices = map(list, zip(*rows, strict=True))
    labels = series.labels and ["" if label is None else str(label) for label in series.labels]
    labels = labels and [labels[index] for index in indices]
    return Unseen(sequences.pad(arrays, event_shape[0]), named, starts, labels)


def _read_source(source):
    path = Path(source)
    if path.is_dir():
        return midi.read_midi_folder(path)[0]
    ending = path.suffix.lower()
    if ending in midi.ENDINGS:
        return Series([midi.read_midi(path)], names=[path.name])
    if ending in READERS:
        return READERS[ending](path)
    try:
        return read_series(str(source))
    except (SettingError, DataError) as error:  # aeon lacks the set, or is not installed.
        expected = "a file of time series, MIDI files, or the name of a set inside aeon"
        hint = f". {error}" if isinstance(error, DataError) else ""
        raise SettingError(complaint("data", expected, str(source)) + hint) from None
