"""Sequences from files for a trained model: all of them, in the order of the files."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_vrae import sequences
from keras_vrae.datasets.music import midi
from keras_vrae.datasets.names import SERIES_ENDINGS
from keras_vrae.datasets.series.loading import read_series
from keras_vrae.datasets.series.preparation import (
    Preparation,
    Series,
    check_series,
    cut_windows,
    fill,
    series_names,
    whole_stretches,
)
from keras_vrae.datasets.tables import TableSettings
from keras_vrae.validation import DataError, SettingError, complaint


class Unseen(NamedTuple):
    """Sequences, one per row.

    Attributes:
        inputs: padded sequences, a dict of `x` and `lengths`, in the units of the data.
        names: the name of the series of each row.
        starts: the step of that series at which each row begins; 0 except for windows.
        labels: the class of each row, a string or None without a label; None without classes.
    """

    inputs: dict[str, np.ndarray]
    names: list[str]
    starts: list[int]
    labels: list[str | None] | None = None


def read_sequences(
    source: str | Path,
    event_shape: Sequence[int | None],
    preparation: Preparation | None = None,
    table: TableSettings | None = None,
) -> Unseen:
    """Reads sequences as a model of examples of this shape takes them.

    Args:
        source: a file of time series or the name of a set of aeon, as in `series.read_series`, of
            which all parts are read; a `.mid` file, or a folder of them.
        event_shape: shape of one example of the model; `(T,)` for tokens.
        preparation: `Preparation`; without a window each series is whole.
        table: `TableSettings` of a table.

    Returns:
        `Unseen`.

    Raises:
        SettingError: for a source of another kind.
        DataError: for unusable data, or data that do not fit the model.
    """
    preparation = preparation or Preparation()
    series = _read_source(source, table)
    names = series_names(series)
    check_series(series, source, preparation.missing)
    stretches = whole_stretches(series)
    values, _ = fill(series, source, stretches)
    channels = event_shape[1] if len(event_shape) > 1 else 1
    if values[0].shape[1] != channels:
        raise DataError(
            f"{source} must have {channels} channels, as the model was trained on. "
            f"Received: {values[0].shape[1]}"
        )
    values = values if len(event_shape) > 1 else [value[:, 0] for value in values]
    cuts = [(index, 0) for index in range(len(values))]
    if preparation.window:
        cuts = cut_windows(series, source, stretches, preparation)
    rows = [
        (values[index][start:][: preparation.window], names[index], start, index)
        for index, start in cuts
    ]
    longest = max(rows, key=lambda row: len(row[0]))
    if event_shape[0] and len(longest[0]) > event_shape[0]:
        raise DataError(
            f"{source}, {longest[1]}: a series must have {event_shape[0]} steps or fewer, as the "
            f"model was trained on. Received: {len(longest[0])}"
        )
    arrays, named, starts, indices = map(list, zip(*rows, strict=True))
    labels = series.labels and [series.labels[index] for index in indices]
    labels = labels and [None if label is None else str(label) for label in labels]
    return Unseen(sequences.pad(arrays, event_shape[0]), named, starts, labels)


def _read_source(source, table):
    path = Path(source)
    if path.is_dir():
        return midi.read_midi_folder(path)[0]
    ending = path.suffix.lower()
    if ending in midi.ENDINGS:
        return Series([midi.read_midi(path)], names=[path.name])
    if ending in SERIES_ENDINGS:
        return read_series(path, table)
    try:
        return read_series(str(source))
    except (SettingError, DataError) as error:  # aeon lacks the set, or is not installed.
        expected = "a file of time series, MIDI files, or the name of a set inside aeon"
        hint = f". {error}" if isinstance(error, DataError) else ""
        raise SettingError(complaint("data", expected, str(source)) + hint) from None
