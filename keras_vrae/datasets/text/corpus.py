"""Documents of the user's own files, one at a time, so that a corpus need not fit in memory."""

import csv
import warnings
from pathlib import Path
from typing import NamedTuple

from keras_vrae.files import entries, files_below, parse_json
from keras_vrae.validation import DataError, SettingError, complaint

COLUMN_SEPARATORS = {".csv": ",", ".tsv": "\t"}
JSON_LINES = (".jsonl", ".ndjson")
MOST_CHARACTERS = 2**27  # Of one field of a CSV file.


class Document(NamedTuple):
    """One document.

    Attributes:
        text: its content.
        label: name of its class, or None.
        where: its file and line, for messages.
    """

    text: str
    label: str | None
    where: str


class Corpus:
    """The documents of a folder or a file, which each pass reads again.

    A folder has one sub-folder for each class, with one document in each file. A `.csv`, `.tsv` or
    `.jsonl` file has a column or key `text`, and one named `label` if there are labels. Of any
    other file each line is a document. All are UTF-8.

    Args:
        path: the folder or the file.

    Raises:
        SettingError: for a path that does not exist.

    Example:
        >>> import tempfile
        >>> with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        ...     _ = file.write("text,label\\nthe cat sat,animals\\n")
        ...     file.flush()
        ...     [(document.text, document.label) for document in Corpus(file.name)]
        [('the cat sat', 'animals')]
    """

    def __init__(self, path):
        self.path = Path(path)
        if not self.path.exists():
            expected = "text:PATH with the path of a folder or a file that exists"
            raise SettingError(complaint("dataset", expected, f"text:{path}"))

    def __iter__(self):
        if self.path.is_dir():
            return self._read_folder()
        suffix = self.path.suffix.lower()
        if suffix in COLUMN_SEPARATORS:
            return self._read_table(COLUMN_SEPARATORS[suffix])
        return self._read_json_lines() if suffix in JSON_LINES else self._read_lines()

    def _read_folder(self):
        paths = entries(self.path)
        folders = [path for path in paths if path.is_dir()]
        if not folders:
            raise DataError(f"{self.path} must hold one folder for each class. Received: none")
        if len(folders) < len(paths):
            loose = next(path.name for path in paths if not path.is_dir())
            count = len(paths) - len(folders)
            warnings.warn(
                f"Left out: {count} files of {self.path} outside of the folders of its classes, "
                f"such as {loose}",
                stacklevel=2,
            )
        for folder in folders:
            for path in files_below(folder):
                lines = _decode_lines(path)
                yield Document("".join(text for _, text in lines), folder.name, str(path))

    def _read_lines(self):
        for number, line in _decode_lines(self.path):
            yield Document(line.rstrip("\r\n"), None, f"{self.path}, line {number}")

    def _read_table(self, separator):
        csv.field_size_limit(MOST_CHARACTERS)
        table = csv.DictReader((line for _, line in _decode_lines(self.path)), delimiter=separator)
        try:
            self._check_keys(table.fieldnames or (), f"{self.path}, line 1")
            for row in table:
                where = f"{self.path}, line {table.line_num}"
                if row["text"] is None:
                    raise DataError(f"{where} must have as many columns as line 1")
                yield Document(row["text"], row.get("label") or None, where)
        except csv.Error as error:
            raise DataError(f"{self.path}, line {table.line_num} cannot be read: {error}") from None

    def _read_json_lines(self):
        for number, line in _decode_lines(self.path):
            where = f"{self.path}, line {number}"
            if not line.strip():
                continue
            row = parse_json(line, where)
            self._check_keys(row if isinstance(row, dict) else (), where)
            text, label = row["text"], row.get("label")
            if not isinstance(text, str) or isinstance(label, (dict, list)):
                raise DataError(f"{where} must have a string `text` and at most one `label`")
            yield Document(text, None if label in (None, "") else str(label), where)

    def _check_keys(self, names, where):
        if "text" not in names:
            received = ", ".join(map(str, names)) or "no names"
            raise DataError(f"{where} must name a column `text`. Received: {received}")


def _decode_lines(path):
    """Decodes a UTF-8 file line by line, so that an error names the line: `(number, line)`."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}, line {number} must be UTF-8 ({error.reason})") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
