"""Time series in the tables of CSV and Parquet files."""

import csv
import datetime

import numpy as np

from keras_vrae.datasets.series.preparation import Series
from keras_vrae.validation import DataError

EMPTY_CELLS = {"", "nan", "na", "null", "none"}


def read_csv(path):
    """Reads a CSV file with a header, in the forms of `parse_table`.

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


def read_parquet(path):
    """Reads a Parquet file through pandas, in the forms of `parse_table`.

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


def parse_table(header, rows, where):
    """Makes `Series` of the rows of a table.

    A table with a column `time` is long: each row is a step of the series that the column `id`
    names, or of a single series without such a column, and the columns other than `id`, `time` and
    `label` are channels. Within a series time must rise from row to row. Any other table is wide:
    each row is a series of one channel, whose last steps may be empty; `label` is its class.

    Args:
        header: names of the columns.
        rows: lists of cells, strings or numbers, each as long as the header.
        where: a function from the number of a row to its name in messages.

    Returns:
        `Series`.

    Raises:
        DataError: for a table in neither form.
    """
    header = [str(name).strip() for name in header]
    columns = {name.lower(): index for index, name in enumerate(header)}
    if len(columns) != len(header):
        raise DataError(f"{where(None)} must have columns of different names. Received: {header}")
    channels = [i for name, i in columns.items() if name not in ("id", "time", "label")]
    if not channels:
        raise DataError(f"{where(None)} must have columns of values. Received: {header}")
    if not rows:
        raise DataError(f"{where(None)} must have rows below its header. Received: none")
    if "time" in columns:
        return _parse_long(columns, channels, rows, where)
    return _parse_wide(columns, channels, rows, where)


def _parse_wide(columns, channels, rows, where):
    values = []
    for number, row in enumerate(rows):
        numbers = np.array([_parse_number(row[index], where(number)) for index in channels])
        known = np.flatnonzero(~np.isnan(numbers))
        if not len(known):
            raise DataError(f"{where(number)}: a series must have one value or more. Received: 0")
        values.append(numbers[: known[-1] + 1, np.newaxis])
    labels = None
    if "label" in columns:
        labels = [str(row[columns["label"]]).strip() for row in rows]
    return Series(values, labels, names=[where(number) for number in range(len(rows))])


def _parse_long(columns, channels, rows, where):
    values, labels, last = {}, {}, {}
    for number, row in enumerate(rows):
        name = str(row[columns["id"]]).strip() if "id" in columns else "the series"
        time = _parse_time(row[columns["time"]], where(number))
        if name in last and not (type(time) is type(last[name]) and time > last[name]):
            raise DataError(
                f"{where(number)}: the time of {name} must rise from row to row. "
                f"Received: {row[columns['time']]} after {last[name]}"
            )
        last[name] = time
        values.setdefault(name, []).append([_parse_number(row[i], where(number)) for i in channels])
        if "label" in columns:
            label = str(row[columns["label"]]).strip()
            if labels.setdefault(name, label) != label:
                raise DataError(
                    f"{where(number)}: a series must have one label. "
                    f"Received: {label!r} after {labels[name]!r}"
                )
    return Series(
        [np.array(steps) for steps in values.values()],
        [labels[name] for name in values] if labels else None,
        names=[f"id {name}" for name in values],
    )


def _parse_number(cell, where):
    if (isinstance(cell, str) and cell.strip().lower() in EMPTY_CELLS) or cell is None:
        return np.nan
    try:
        return float(cell)
    except (TypeError, ValueError):
        raise DataError(f"{where}: values must be numbers. Received: {cell!r}") from None


def _parse_time(cell, where):
    try:
        return float(cell)
    except (TypeError, ValueError):
        pass
    try:
        return datetime.datetime.fromisoformat(str(cell).strip())
    except ValueError:
        expected = "a number or a date and time as in ISO 8601"
        raise DataError(f"{where}: time must be {expected}. Received: {cell!r}") from None
