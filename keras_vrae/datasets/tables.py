"""Tables in files: rows with their place, and the roles of their columns.

One reader for all tables, of series and of documents. A cell is read rightly or refused by its
line; whatever is chosen for the user stands in a sentence that the program prints and keeps.
"""

import csv
import datetime
import itertools
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from keras_vrae.files import parse_json
from keras_vrae.validation import DataError, SettingError, complaint

SEPARATORS = {".csv": ",", ".tsv": "\t"}
# Names by which a column is recognised, in lower case.
USUAL_NAMES = {
    "id": ("id", "series", "series_id", "sequence", "sequence_id", "unique_id", "case", "case_id"),
    "time": ("time", "timestamp", "time_stamp", "datetime", "date", "ds", "t"),
    "label": ("label", "class", "target", "category"),
}
# What spreadsheets, pandas, R and Weka write for a missing value, in lower case.
MISSING_CELLS = {"", "na", "n/a", "<na>", "#n/a", "nan", "-nan", "nat", "null", "none", "?"}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf(inity)?", re.ASCII | re.I)
UNNAMED = re.compile(r"(Unnamed: \d+|__index_level_\d+__)?")  # As pandas reads and writes it.
MOST_CHARACTERS = 2**27  # Of one cell.
FEWEST_TARGETS = 10


class TableSettings(NamedTuple):
    """The form of a table, so far as its file does not tell.

    Attributes:
        id_column: column that names the series of a row; None for a usual name, `""` for none.
        time_column: column of the time of a row, in the same way.
        label_column: column of the class of a row, in the same way.
        delimiter: character between the cells of a text file; by its ending if None, a comma in
            `.csv` and a tab in `.tsv`.
        decimal: decimal sign of numbers in text files, `"."` or `","`.
    """

    id_column: str | None = None
    time_column: str | None = None
    label_column: str | None = None
    delimiter: str | None = None
    decimal: str = "."


class Row(NamedTuple):
    """A row of a table: its cells, and its place for messages."""

    cells: list[Any]
    place: str


class Table(NamedTuple):
    """A table.

    Attributes:
        path: path of the file.
        header: names of the columns; numbers from 0 if the file does not name them.
        rows: an iterator of `Row`s, each with as many cells as the header.
        has_header: whether the file names its columns.
    """

    path: str
    header: list[str]
    rows: Iterator[Row]
    has_header: bool = True


class Columns(NamedTuple):
    """The roles of the columns of a table, by their number.

    Attributes:
        id, time, label: the columns of these roles, None without one.
        values: all other columns.
        index: a first column without a name, which holds no values; None without one.
    """

    id: int | None
    time: int | None
    label: int | None
    values: list[int]
    index: int | None = None  # type: ignore[assignment]  # Hides a method of tuples.


def read_table(path: str | Path, settings: TableSettings | None = None) -> Table:
    """Opens a table, whose rows are then read one at a time.

    A `.csv` or `.tsv` file is UTF-8 text with quotes as in RFC 4180. A first row of numbers alone
    is data. A `.jsonl` or `.ndjson` file has a JSON object on each line, a `.json` file an array
    of them or the same. A `.parquet` file is read through pandas.

    Args:
        path: path of the file.
        settings: `TableSettings`, of which `delimiter` and `decimal` matter here.

    Returns:
        `Table`.

    Raises:
        DataError: for a damaged file; the message names its line.
    """
    path, settings = Path(path), settings or TableSettings()
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _read_parquet(path)
    if suffix in SEPARATORS:
        return _read_text(path, settings.delimiter, SEPARATORS[suffix])
    return _read_json(path)


def decode_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Decodes a UTF-8 file line by line, so that an error names the line: `(number, line)`."""
    number = 0
    try:
        with Path(path).open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}, line {number} must be UTF-8 ({error.reason})") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}") from None


def _read_text(path, delimiter, usual):
    rows = _text_rows(path, delimiter or usual)
    first = next(rows, None)
    if first is None:
        raise DataError(f"{path} must have a header or rows. Received: an empty file")
    header = [cell.strip() for cell in first.cells]
    if delimiter is None:
        for other, name in ((";", "';'"), ("\t", "'tab'"), ("|", "'|'")):
            if any(other in cell for cell in header):
                raise DataError(
                    f"{first.place} must have cells between {usual!r}; `delimiter` must be {name} "
                    f"if that is between them. Received: {_shortened(header)}"
                )
    if all(_is_numeric(cell) for cell in header) and any(map(NUMBER.fullmatch, header)):
        # Pandas numbers the columns that have no names, behind an index without one.
        numbered = header[1:] == [str(number) for number in range(len(header) - 1)]
        if header[0] or not numbered:
            names = [str(number) for number in range(len(header))]
            return Table(str(path), names, _even_rows(_chain(first, rows), len(names)), False)
    if len(header) > 1 and not header[-1]:  # Of lines that end in a delimiter.
        header, rows = header[:-1], _without_last(rows, len(header))
    _check_header(first.place, header)
    return Table(str(path), header, _even_rows(rows, len(header)))


def _without_last(rows, width):
    """Leaves a last column without a name out, which must be empty."""
    for row in rows:
        if len(row.cells) == width and row.cells[-1].strip():
            raise DataError(
                f"{row.place}: the last column must have a name in the first row, or no values. "
                f"Received: {_shortened(row.cells[-1])}"
            )
        yield row._replace(cells=row.cells[: width - 1] if len(row.cells) == width else row.cells)


def _check_header(place, header):
    """Refuses a row that is neither names nor numbers: it may be the first row of the data."""
    numbers = [float(cell) for cell in header if NUMBER.fullmatch(cell)]
    if any(a >= b for a, b in itertools.pairwise(numbers)):
        raise DataError(
            f"{place} must be a header, with names of which numbers rise, or numbers alone. "
            f"Received: {_shortened(header)}"
        )


def _chain(first, rows):
    yield first
    yield from rows


def _text_rows(path, delimiter):
    csv.field_size_limit(MOST_CHARACTERS)
    reader = csv.reader(
        (line for _, line in decode_lines(path)),
        delimiter="\t" if delimiter == "tab" else delimiter,
        strict=True,
    )
    while True:
        place = f"{path}, line {reader.line_num + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = str(error)
            if reason == "unexpected end of data":
                reason = "the quote that opens in this row is not closed"
            raise DataError(f"{place} cannot be read: {reason}") from None
        if cells:
            yield Row(cells, place)


def _even_rows(rows, width):
    for row in rows:
        if len(row.cells) != width:
            raise DataError(
                f"{row.place}: a row must have {width} {'cell' if width == 1 else 'cells'}, as the "
                f"first row has. Received: {len(row.cells)}"
            )
        yield row


def _read_json(path):
    objects = _json_objects(path)
    first = next(objects, None)
    if first is None:
        raise DataError(f"{path} must hold JSON objects. Received: an empty file")
    header = list(first[0])
    return Table(str(path), header, _json_rows(_chain(first, objects), header))


def _json_rows(objects, header):
    known = set(header)
    for found, place in objects:
        unknown = [name for name in found if name not in known]
        if unknown:
            raise DataError(
                f"{place} must have the keys of the first object, or fewer. "
                f"Received: {_shortened(unknown)} as well"
            )
        yield Row([found.get(name) for name in header], place)


def _json_objects(path):
    """Yields each object of a file with its place."""
    lines = decode_lines(path)
    if path.suffix.lower() == ".json":
        text = "".join(line for _, line in lines)
        if text.lstrip()[:1] == "[":
            for number, found in enumerate(parse_json(text, str(path))):
                yield _json_object(found, f"{path}, object {number}"), f"{path}, object {number}"
            return
        lines = enumerate(text.splitlines(), start=1)
    for number, line in lines:
        if line.strip():
            place = f"{path}, line {number}"
            yield _json_object(parse_json(line, place), place), place


def _json_object(found, place):
    if not isinstance(found, dict) or not found:
        kind = "an empty one" if found == {} else type(found).__name__
        raise DataError(f"{place} must be a JSON object with keys. Received: {kind}")
    return found


def _read_parquet(path):
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
    return table_of_frame(frame, str(path))


def table_of_frame(frame: Any, path: str) -> Table:
    """Returns the `Table` of a DataFrame of pandas; an index with a name is a column too."""
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    header = ["" if name is None else str(name).strip() for name in frame.columns]
    cells = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
    rows = (Row(row, f"{path}, row {number}") for number, row in enumerate(cells))
    return Table(path, header, rows)


def assign_roles(table: Table, settings: TableSettings, first: Row | None = None) -> Columns:
    """Finds the roles of the columns of a table.

    A column has the role that `settings` give it, or that its name has among `USUAL_NAMES`. A
    first column without a name is the index that pandas writes; it is the time if `first`, the
    first row, has a date there.

    Args:
        table: `Table`.
        settings: `TableSettings`.
        first: the first `Row`, or None.

    Returns:
        `Columns`.

    Raises:
        SettingError: for a setting that names no column.
        DataError: for columns without names or of the same one, or several of one role.
    """
    header = table.header
    lowered = [name.lower() for name in header]
    unnamed = [number for number, name in enumerate(header) if UNNAMED.fullmatch(name)]
    if len({*header}) != len(header) or unnamed not in ([], [0]):
        expected = "must have columns of different names, of which the first alone may be empty"
        raise DataError(f"{table.path} {expected}. Received: {_shortened(header)}")
    roles = {
        role: _column_of(role, table, settings, lowered if table.has_header else [])
        for role in USUAL_NAMES
    }
    given = [header[number] for number in roles.values() if number is not None]
    if len({*given}) != len(given):
        raise SettingError(
            "`id_column`, `time_column` and `label_column` must be different columns. "
            f"Received: {', '.join(given)}"
        )
    index = unnamed[0] if unnamed and 0 not in roles.values() else None
    has_date = index is not None and first is not None and _is_date(first.cells[index])
    if has_date and roles["time"] is None:
        roles["time"], index = index, None
    taken = {*roles.values(), index}
    return Columns(
        **roles,
        values=[number for number in range(len(header)) if number not in taken],
        index=index,
    )


def _column_of(role, table, settings, lowered):
    setting = f"{role}_column"
    asked = getattr(settings, setting)
    if asked == "":
        return None
    if asked is not None:
        matching = [n for n, name in enumerate(table.header) if name == asked]
        matching = matching or [n for n, name in enumerate(lowered) if name == asked.lower()]
        if len(matching) != 1:
            expected = f"a column of {table.path}: {_shortened(table.header)}"
            raise SettingError(complaint(setting, expected, asked))
        return matching[0]
    given = [getattr(settings, f"{other}_column") for other in USUAL_NAMES]
    usual = [
        number
        for number, name in enumerate(lowered)
        if name in USUAL_NAMES[role] and table.header[number] not in given
    ]
    if len(usual) > 1:
        names = " and ".join(f"`{table.header[number]}`" for number in usual)
        expected = f"given, as {names} of {table.path} may both be that"
        raise SettingError(complaint(setting, expected, None))
    return usual[0] if usual else None


def name_of(header: Sequence[str], number: int) -> str:
    """Returns the name of a column for messages and for the sentence on how a file was read."""
    return f"`{header[number]}`" if header[number] else "the first column"


def parse_number(cell: Any, place: str, decimal: str = ".") -> float:
    """Returns a cell as a float, NaN for a missing value.

    Raises:
        DataError: for a cell that is neither; the message names `place`.
    """
    if cell is None:
        return math.nan
    if isinstance(cell, str):
        text = cell.strip()
        if text.lower() in MISSING_CELLS:
            return math.nan
        plain = text.replace(",", ".") if decimal == "," and "." not in text else text
        if NUMBER.fullmatch(plain) and (decimal == "." or "." not in text):
            return float(plain)
    elif not isinstance(cell, (bytes, list, dict, tuple, complex)):
        try:
            return float(cell)
        except (TypeError, ValueError):
            pass
    hint = ""
    if (
        isinstance(cell, str)
        and decimal == "."
        and NUMBER.fullmatch(cell.strip().replace(",", "."))
    ):
        hint = "; `decimal` must be ',' if that is the decimal sign"
    raise DataError(f"{place}: values must be numbers{hint}. Received: {_shortened(cell)}")


def parse_time(cell: Any, place: str) -> float | datetime.datetime:
    """Returns the time of a row: a float if it is a number, or an aware or naive `datetime`.

    Raises:
        DataError: for a cell that is neither; the message names `place`.
    """
    if isinstance(cell, datetime.datetime):
        return cell
    text = str(cell).strip()
    if NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    # Python 3.10 does not read the Z of Coordinated Universal Time.
    text = re.sub(r"(?<=\d)Z$", "+00:00", text, flags=re.I)
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        expected = "a number, or a date and time as in ISO 8601"
        raise DataError(f"{place}: time must be {expected}. Received: {_shortened(cell)}") from None


def parse_label(cell: Any) -> str | None:
    """Returns the name of a class; None for no label: an empty cell, NaN or -1."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)  # Pandas has whole numbers with gaps as floats.
    text = str(cell).strip()
    return None if text in ("", "-1") or text.lower() == "nan" else text


def target_reason(labels: Iterable[Any]) -> str | None:
    """Returns why labels are targets of a regression and not classes, or None if they are classes.

    Numbers that are not all whole, or of which there are ten or more and all different, are
    targets.
    """
    known = [label for label in labels if label is not None]
    try:
        numbers = [float(label) for label in known]
    except ValueError:
        return None
    if any(number != math.floor(number) for number in numbers if math.isfinite(number)):
        return "fractions"
    many = len(numbers) >= FEWEST_TARGETS and len({*numbers}) == len(numbers)
    return "numbers that are all different" if many else None


def sort_key(name: Any) -> tuple[int, float, str]:
    """Sorts names of classes: numbers by size, before words by the alphabet."""
    try:
        return 0, float(name), ""
    except (TypeError, ValueError):
        return 1, 0.0, str(name)


def _is_numeric(cell):
    return bool(NUMBER.fullmatch(cell)) or cell.lower() in MISSING_CELLS


def _is_date(cell):
    if isinstance(cell, str) and not NUMBER.fullmatch(cell.strip()):
        try:
            return isinstance(parse_time(cell, ""), datetime.datetime)
        except DataError:
            return False
    return isinstance(cell, datetime.datetime)


def _shortened(value: Any, most: int = 60) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= most else f"{text[: most - 3]}..."
