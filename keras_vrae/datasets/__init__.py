"""Data sets: `load(name)` gives three parts and their description, `from_dataframe` series."""

import importlib
from pathlib import Path
from typing import Any

from keras_vrae.datasets import images, music, series
from keras_vrae.datasets import text as documents
from keras_vrae.datasets.names import check_dataset, source_of
from keras_vrae.datasets.series import Preparation, Series, from_dataframe
from keras_vrae.datasets.splits import DataSpec, Split, Splits
from keras_vrae.datasets.tables import TableSettings
from keras_vrae.datasets.text import TextSettings
from keras_vrae.validation import check_folder

__all__ = [
    "DataSpec",
    "Preparation",
    "Series",
    "Split",
    "Splits",
    "TableSettings",
    "TextSettings",
    "from_dataframe",
    "load",
    "pipeline",
]


def __getattr__(name: str) -> Any:
    """Imports what needs TensorFlow where it is used."""
    if name not in ("pipeline", "tfrecord"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")


def load(
    name: str, data_dir: str | Path | None = None, text: TextSettings | None = None, **options: Any
) -> Splits:
    """Loads a data set by name.

    Args:
        name: `"digits"` (comes with scikit-learn), `"mnist"`, `"fashion_mnist"`, `"kmnist"`,
            `"tfds:NAME"` for any set of labelled images of one size in tensorflow-datasets,
            `"timeseries:PATH"` for time series in a table (`.csv`, `.tsv`, `.jsonl`, `.json`,
            `.parquet`), a `.npz` or a `.ts` file, or in one of the sets that come with aeon;
            `"chorales"`, those of Bach in music21; `"midi:PATH"` for the MIDI files of a folder;
            `"newsgroups"`, or `"text:PATH"` for documents of your own
            (`keras_vrae.datasets.text.Corpus` lists what PATH may be);
            `"tfrecord:GLOB"` for shards that `python -m keras_vrae.datasets.tfrecord` has written,
            whose parts are then `tfrecord.ShardedSplit`s.
        data_dir: for the MNIST family a folder with the four IDX files, gzipped or not; for
            newsgroups scikit-learn's cache; for music a folder that keeps the chorales; otherwise
            the folder in which tensorflow-datasets keeps or prepares its data.
        text: `TextSettings` for documents; the default ones if None.
        **options: for time series and music the fields of `datasets.Preparation`: `window`,
            `stride`, `missing`, `max_gap`; for tables those of `datasets.TableSettings`:
            `id_column`, `time_column`, `label_column`, `delimiter`, `decimal`; and for time series
            `standardize` and `tokens` of `datasets.series.load`.

    Returns:
        `Splits` of train, validation and test, and their `DataSpec`.

    Raises:
        SettingError: for an unknown name or a folder that does not exist.
        DataError: for data that are missing, damaged or out of reach.

    Example:
        >>> splits = keras_vrae.datasets.load("digits")
        >>> splits.train.x.shape, splits.spec.num_classes
        ((1294, 8, 8), 10)
    """
    check_dataset(name)
    if data_dir is not None:
        check_folder("data_dir", data_dir)
    kind, _, rest = source_of(name)
    if kind == "tfrecord":
        from keras_vrae.datasets import tfrecord

        return tfrecord.load(rest)
    if kind == "text":
        return documents.load(name, data_dir, text, **options)
    prepared = {field: options.pop(field) for field in Preparation._fields if field in options}
    if kind == "music":
        return music.load(name, data_dir, Preparation(**prepared), **options)
    if kind == "series":
        return series.load(rest, Preparation(**prepared), **options)
    return images.load(name, data_dir)
