"""Documents of the user's own files, one at a time, so that a corpus need not fit in memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from keras_vrae.datasets.names import TABLE_ENDINGS
from keras_vrae.datasets.tables import (
    TableSettings,
    assign_roles,
    decode_lines,
    name_of,
    parse_label,
    read_table,
)
from keras_vrae.files import entries, files_below
from keras_vrae.validation import DataError, SettingError, complaint


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

    A folder has one sub-folder for each class, with one document in each file. A table (`.csv`,
    `.tsv`, `.jsonl`, `.json`, `.parquet`; see `keras_vrae.datasets.tables.read_table`) has a column
    `text`, and one of a usual name such as `label` or `class` if there are labels. Of any other
    file each line is a document. All are UTF-8.

    Args:
        path: the folder or the file.
        table: `TableSettings` of a table; of its columns only `label_column` matters.

    Attributes:
        read_as: a sentence on how a table was read, once a pass has begun; None for other files.
        remarks: sentences on what is left out, once a pass has begun; a list.

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

    def __init__(self, path: str | Path, table: TableSettings | None = None) -> None:
        self.path, self.table = Path(path), table or TableSettings()
        self.read_as: str | None = None
        self.remarks: list[str] = []
        if not self.path.exists():
            expected = "text:PATH with the path of a folder or a file that exists"
            raise SettingError(complaint("dataset", expected, f"text:{path}"))

    def __iter__(self) -> Iterator[Document]:
        if self.path.is_dir():
            return self._read_folder()
        is_table = self.path.suffix.lower() in TABLE_ENDINGS
        return self._read_table() if is_table else self._read_lines()

    def _read_folder(self):
        paths = entries(self.path)
        folders = [path for path in paths if path.is_dir()]
        if not folders:
            raise DataError(f"{self.path} must hold one folder for each class. Received: none")
        if len(folders) < len(paths):
            loose = next(path.name for path in paths if not path.is_dir())
            count = len(paths) - len(folders)
            self.remarks = [
                f"left out: {count} files of {self.path} outside of the folders of its classes, "
                f"such as {loose}"
            ]
        for folder in folders:
            for path in files_below(folder):
                lines = decode_lines(path)
                yield Document("".join(text for _, text in lines), folder.name, str(path))

    def _read_lines(self):
        for number, line in decode_lines(self.path):
            yield Document(line.rstrip("\r\n"), None, f"{self.path}, line {number}")

    def _read_table(self):
        table = read_table(self.path, self.table)
        header = [name.lower() for name in table.header]
        if "text" not in header:
            received = ", ".join(table.header)[:60] if table.has_header else "numbers alone"
            raise DataError(f"{self.path} must have a column `text`. Received: {received}")
        text = header.index("text")
        label = assign_roles(table, self.table).label
        left_out = [name_of(table.header, n) for n in range(len(header)) if n not in (text, label)]
        parts = [f"documents {name_of(table.header, text)}"]
        parts.append("no labels" if label is None else f"labels {name_of(table.header, label)}")
        parts += [f"left out {', '.join(left_out)}"] if left_out else []
        self.read_as = ", ".join(parts)
        for row in table.rows:
            content = row.cells[text]
            if not isinstance(content, str):
                raise DataError(f"{row.place} must have a string `text`. Received: {content!r:.60}")
            name = None if label is None else row.cells[label]
            if isinstance(name, (dict, list)):
                raise DataError(f"{row.place} must have at most one label. Received: {name!r:.60}")
            yield Document(content, parse_label(name), row.place)
