"""Time series in a CSV file."""

import csv

from keras_vrae.datasets.series.tables import parse_table
from keras_vrae.validation import DataError


def read_csv(path):
    """Reads a CSV file with a header, in the forms of `tables.parse_table`.

    Returns:
        `Series`.

    Raises:
        DataError: for a file that is not such a table; the message names its first faulty line.
    """
    lines, rows = [], []
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            header = next(reader, None)
            for row in reader:
                if not row:
                    continue
                if len(row) != len(header):
                    raise DataError(
                        f"{path}, line {reader.line_num}: a row must have {len(header)} cells, as "
                        f"the header has. Received: {len(row)}"
                    )
                lines.append(reader.line_num)
                rows.append(row)
    except (OSError, csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    if header is None:
        raise DataError(f"{path} must have a header. Received: an empty file")

    def where(number):
        return str(path) if number is None else f"{path}, line {lines[number]}"

    return parse_table(header, rows, where)
