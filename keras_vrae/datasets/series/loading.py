"""Time series by the ending of a file's name, or by the name of a set that comes with aeon."""

from pathlib import Path

from keras_vrae.datasets.series.archive import load_bundled, read_ts
from keras_vrae.datasets.series.npz_file import read_npz
from keras_vrae.datasets.series.preparation import make_splits
from keras_vrae.datasets.series.tables import read_csv, read_parquet
from keras_vrae.datasets.series.tokens import as_tokens, count_categories

READERS = {".npz": read_npz, ".csv": read_csv, ".parquet": read_parquet, ".ts": read_ts}


def read_series(path):
    """Reads time series as they are in a file.

    Args:
        path: an `.npz`, `.csv`, `.parquet` or `.ts` file, or the name of a set of aeon.

    Returns:
        `Series`.

    Raises:
        SettingError: for a name that is neither.
        DataError: for a damaged file or a missing package.
    """
    ending = Path(path).suffix.lower()
    return READERS[ending](path) if ending in READERS else load_bundled(path)


def load(path, window=None, stride=None, missing="refuse", standardize=True, tokens=False):
    """Loads time series.

    Args:
        path: as in `read_series`.
        window, stride, missing, standardize: as in `preparation.make_splits`.
        tokens: whether the values are numbers of categories, which are not standardized; the
            examples are then `(T,)`.

    Returns:
        `Splits`.

    Raises:
        SettingError: for a name that is neither.
        DataError: for data that are damaged or do not fit each other.
    """
    series = read_series(path)
    if not tokens:
        return make_splits(series, path, window, stride, missing, standardize)
    num_categories = count_categories(series, path)
    splits = make_splits(series, path, window, stride, standardize=False, kind="tokens")
    return as_tokens(splits, num_categories)
