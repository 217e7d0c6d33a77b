"""Time series in a Parquet file."""

from keras_vrae.datasets.series.tables import parse_table
from keras_vrae.validation import DataError


def read_parquet(path):
    """Reads a Parquet file through pandas, in the forms of `tables.parse_table`.

    Returns:
        `Series`.

    Raises:
        DataError: without pandas and pyarrow, and for a file that is not such a table.
    """
    try:
        import pandas as pd

        frame = pd.read_parquet(path)
    except ImportError as error:
        raise DataError(
            f"{path} needs pandas and pyarrow: pip install 'keras_vrae[timeseries]' ({error})"
        ) from None
    except (OSError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path} cannot be read: {reason}") from None
    frame = frame.astype(object).where(frame.notna(), None)

    def where(number):
        return str(path) if number is None else f"{path}, row {number}"

    return parse_table(list(frame.columns), frame.values.tolist(), where)
