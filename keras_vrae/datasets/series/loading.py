"""Time series by the ending of a file's name, or by the name of a set that comes with aeon."""

from pathlib import Path
from typing import Any

from keras_vrae.datasets.names import TABLE_ENDINGS
from keras_vrae.datasets.series.archive import load_bundled, read_ts
from keras_vrae.datasets.series.npz_file import read_npz
from keras_vrae.datasets.series.preparation import Preparation, Series, make_splits
from keras_vrae.datasets.series.tables import read_series_table
from keras_vrae.datasets.series.tokens import as_tokens, count_categories
from keras_vrae.datasets.splits import Splits
from keras_vrae.datasets.tables import TableSettings

READERS = {".npz": read_npz, ".ts": read_ts}


def read_series(path: str | Path, table: TableSettings | None = None) -> Series:
    """Reads time series as they are in a file.

    Args:
        path: an `.npz` or `.ts` file, a table (`.csv`, `.tsv`, `.jsonl`, `.json`, `.parquet`), or
            the name of a set of aeon.
        table: `TableSettings` of a table.

    Returns:
        `Series`.

    Raises:
        SettingError: for a name that is neither.
        DataError: for a damaged file or a missing package.
    """
    ending = Path(path).suffix.lower()
    if ending in TABLE_ENDINGS:
        return read_series_table(path, table)
    return READERS[ending](path) if ending in READERS else load_bundled(str(path))


def load(
    path: str | Path,
    preparation: Preparation | None = None,
    standardize: bool = True,
    tokens: bool = False,
    **table: Any,
) -> Splits:
    """Loads time series.

    Args:
        path: as in `read_series`.
        preparation: `Preparation`; its defaults if None.
        standardize: as in `preparation.make_splits`.
        tokens: whether the values are numbers of categories, which are not standardized; the
            examples are then `(T,)`.
        **table: fields of `TableSettings`.

    Returns:
        `Splits`.

    Raises:
        SettingError: for a name that is neither.
        DataError: for data that are damaged or do not fit each other.
    """
    series = read_series(path, TableSettings(**table))
    if not tokens:
        return make_splits(series, path, preparation, standardize)
    num_categories = count_categories(series, path)
    splits = make_splits(series, path, preparation, standardize=False, kind="tokens")
    return as_tokens(splits, num_categories)
