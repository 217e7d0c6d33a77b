"""`timeseries:PATH`: time series by the ending of a file's name, or by the name of a known set."""

from pathlib import Path

from keras_vrae.datasets.series import archive, csv_file, npz_file, parquet_file
from keras_vrae.datasets.series.series import make_splits
from keras_vrae.datasets.series.tokens import as_tokens, count_categories

READERS = {
    ".npz": npz_file.read,
    ".csv": csv_file.read,
    ".parquet": parquet_file.read,
    ".ts": archive.read,
}


def read(path):
    """Reads time series as they are in a file.

    Args:
        path: an `.npz`, `.csv`, `.parquet` or `.ts` file, or the name of a set inside aeon.

    Returns:
        `Series`.

    Raises:
        SettingError: for a name that is neither.
        DataError: for a file that cannot be read.
    """
    ending = Path(path).suffix.lower()
    return READERS[ending](path) if ending in READERS else archive.bundled(path)


def load(path, window=None, stride=None, missing="refuse", standardize=True, tokens=False):
    """Loads time series.

    Args:
        path: as in `read`.
        window, stride, missing, standardize: as in `series.make_splits`.
        tokens: whether the values are numbers of categories, which are not standardized; the
            examples are then `(T,)`.

    Returns:
        `Splits`.

    Raises:
        SettingError: for a name that is neither.
        DataError: for data that cannot be used.
    """
    series = read(path)
    if not tokens:
        return make_splits(series, path, window, stride, missing, standardize)
    num_categories = count_categories(series, path)
    splits = make_splits(series, path, window, stride, standardize=False, kind="tokens")
    return as_tokens(splits, num_categories)
