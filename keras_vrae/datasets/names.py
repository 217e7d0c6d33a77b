"""One registry of the names of data sets: their kinds, how a name is checked, its file-name form.

The kind of a name is also the folder of `keras_vrae.datasets` whose `load` takes it.
"""

import glob
import itertools
import re
from pathlib import Path, PurePath
from typing import NamedTuple

from keras_vrae.validation import SettingError, check_choice, check_folder, complaint


class Kind(NamedTuple):
    """The names of one kind of data sets.

    Attributes:
        sets: names of single data sets.
        prefix: beginning of every other name.
        rest: word for the rest of such a name, for messages.
    """

    sets: tuple[str, ...]
    prefix: str
    rest: str


class DataSource(NamedTuple):
    """The parts of a data set's name.

    Attributes:
        kind: a key of `KINDS`, or None for an unknown name.
        prefix: beginning of the name up to its colon, or `""` for the name of a single data set.
        rest: the path, pattern or name after the prefix.
    """

    kind: str | None
    prefix: str
    rest: str


MNIST_FAMILY = ("mnist", "fashion_mnist", "kmnist")
CHORALES, NEWSGROUPS = "chorales", "newsgroups"
KINDS = {
    "images": Kind(("digits", *MNIST_FAMILY), "tfds:", "NAME"),
    "series": Kind((), "timeseries:", "PATH"),
    "music": Kind((CHORALES,), "midi:", "PATH"),
    "text": Kind((NEWSGROUPS,), "text:", "PATH"),
    "tfrecord": Kind((), "tfrecord:", "GLOB"),
}
TABLE_ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
SERIES_ENDINGS = (*TABLE_ENDINGS, ".npz", ".ts")


def source_of(name: str) -> DataSource:
    """Returns the `DataSource` of a data set's name.

    Example:
        >>> source_of("timeseries:ecg.csv")
        DataSource(kind='series', prefix='timeseries:', rest='ecg.csv')
    """
    for kind, (sets, prefix, _) in KINDS.items():
        if name in sets:
            return DataSource(kind, "", name)
        if isinstance(name, str) and name.startswith(prefix) and name != prefix:
            return DataSource(kind, prefix, name.removeprefix(prefix))
    return DataSource(None, "", name)


def kind_of(name: str) -> str | None:
    """Returns the kind of a data set: a key of `KINDS`, or None for an unknown name."""
    return source_of(name).kind


def check_dataset(name: str) -> str:
    """Returns `name` if it may be that of a data set, or raises `SettingError`.

    Files must exist. `load` finds out whether tensorflow-datasets or aeon has a set of the name.
    """
    kind, prefix, rest = source_of(name)
    if kind is None:
        patterns = [(*sets, f"{prefix}{rest}") for sets, prefix, rest in KINDS.values()]
        check_choice("dataset", name, itertools.chain(*patterns))
    elif kind == "series":
        _check_series(name, rest)
    elif kind == "music" and prefix:
        check_folder("dataset", rest)
    elif kind == "tfrecord" and not glob.glob(rest, recursive=True):
        raise SettingError(complaint("dataset", "tfrecord: and a pattern that files fit", name))
    return name


def file_name(name: str) -> str:
    """Returns the name of a data set in a form that is fit for a file name.

    Example:
        >>> file_name("timeseries:data/ecg.csv"), file_name("text:/data/mail"), file_name("digits")
        ('timeseries-ecg', 'text-mail', 'digits')
    """
    kind, prefix, rest = source_of(name)
    if kind in ("series", "music") and prefix:
        rest = PurePath(rest).stem
    elif kind == "text" and prefix:
        rest = re.sub(r"\.[a-z]+$", "", PurePath(rest).name)  # Folders may have other points.
    elif kind == "tfrecord":
        rest = Path(rest).absolute().parent.name
    return re.sub(r"[^\w.]+", "-", f"{prefix}{rest}").strip("-.")


def _check_series(name, rest):
    path = PurePath(rest)
    if path.suffix.lower() in SERIES_ENDINGS:
        if not Path(path).is_file():
            raise SettingError(complaint("dataset", "timeseries: and a file that exists", name))
    elif path.suffix or len(path.parts) > 1:
        expected = f"timeseries: and a file that ends in {', '.join(SERIES_ENDINGS)}"
        raise SettingError(complaint("dataset", expected, name))
