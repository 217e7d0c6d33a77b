"""`timeseries:PATH`: time series by the ending of a file's name, or by the name of a known set."""

from pathlib import Path

from keras_vrae.datasets import archive, csv_file, npz_file, parquet_file
from keras_vrae.datasets.series import make_splits

READERS = {
    ".npz": npz_file.read,
    ".csv": csv_file.read,
    ".parquet": parquet_file.read,
    ".ts": archive.read,
}


def load(path, window=None, stride=None, missing="refuse", standardize=True):
    """Loads time series.

    Args:
        path: an `.npz`, `.csv`, `.parquet` or `.ts` file, or the name of a set inside aeon.
        window, stride, missing, standardize: as in `series.make_splits`.

    Returns:
        `Splits`.

    Raises:
        SettingError: for a name that is neither.
        DataError: for data that cannot be used.
    """
    ending = Path(path).suffix.lower()
    series = READERS[ending](path) if ending in READERS else archive.bundled(path)
    return make_splits(series, path, window, stride, missing, standardize)
