"""Sets of music by name."""

from pathlib import Path
from typing import Any

from keras_vrae.datasets.music.chorales import read_chorales
from keras_vrae.datasets.music.midi import read_midi_folder
from keras_vrae.datasets.names import CHORALES, source_of
from keras_vrae.datasets.series.preparation import Preparation, make_splits, random_tests
from keras_vrae.datasets.splits import Splits

FEWEST_PIECES = 5


def load(
    name: str, data_dir: str | Path | None = None, preparation: Preparation | None = None
) -> Splits:
    """Loads piano rolls; 0.8 of the pieces are for training and 0.2 for the test.

    All windows of a piece are in one part. If there are fewer than five pieces, both parts have
    windows of each of them, those of the test from its end.

    Args:
        name: `"chorales"` or `"midi:PATH"`.
        data_dir: folder that keeps the chorales once they are parsed.
        preparation: `Preparation`, of which `window` and `stride` matter here.

    Returns:
        `Splits`.

    Raises:
        DataError: without the package that reads the music, and for unreadable files.
    """
    if name == CHORALES:
        series = read_chorales(data_dir)
        notes: dict[str, Any] = {}
    else:
        series, notes = read_midi_folder(source_of(name).rest)
    if len(series.values) >= FEWEST_PIECES:
        series = series._replace(tests=random_tests(len(series.values)).tolist())
    splits = make_splits(series, name, preparation, standardize=False, kind="roll")
    return splits._replace(spec=splits.spec._replace(notes={**(splits.spec.notes or {}), **notes}))
