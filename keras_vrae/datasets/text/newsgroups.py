"""The 20 Newsgroups corpus by scikit-learn's loader, from its cache."""

import re
from collections.abc import Sequence
from pathlib import Path

from keras_vrae.datasets.reachable import unreachable
from keras_vrae.datasets.text.corpus import Document
from keras_vrae.validation import DataError

ARCHIVE = "https://ndownloader.figshare.com"
CACHE = "20news-bydate_py3.pkz"
SUBJECT = re.compile(r"^Subject:[ \t]*(.*)$", re.MULTILINE | re.IGNORECASE)


def read_newsgroups(
    data_dir: str | Path | None = None, strip: Sequence[str] = ()
) -> tuple[list[Document], list[Document], tuple[str, ...], list[list[str]]]:
    """Reads both parts of the official split by date.

    Args:
        data_dir: folder with scikit-learn's cache of the corpus; its usual one if None. A missing
            corpus is downloaded.
        strip: parts to remove from each document, some of `"headers"`, `"footers"` and `"quotes"`.

    Returns:
        `(train, test, class_names, subjects)`: lists of `Document`, the names of the groups, and
        the subject line of each whole document of both parts.

    Raises:
        DataError: for a corpus that is neither there nor within reach.

    Reference:
        Lang, 1995, NewsWeeder (ICML); http://qwone.com/~jason/20Newsgroups/.
    """
    from sklearn.datasets import fetch_20newsgroups, get_data_home

    folder = Path(data_dir) if data_dir else Path(get_data_home())
    if not (folder / CACHE).is_file():
        reason = unreachable(ARCHIVE)
        if reason:
            raise DataError(
                f"The data set 'newsgroups' is not available: {folder} holds no {CACHE}, and "
                f"{ARCHIVE} cannot be reached ({reason}). Pass --data_dir=FOLDER with that file, "
                "which scikit-learn's fetch_20newsgroups makes"
            )
    parts, subjects = [], []
    for subset in ("train", "test"):
        try:
            whole = fetch_20newsgroups(data_home=folder, subset=subset, shuffle=False)
            stripped = whole
            if strip:
                stripped = fetch_20newsgroups(
                    data_home=folder, subset=subset, shuffle=False, remove=tuple(strip)
                )
        except Exception as error:  # Pickles and archives may fail in any way.
            raise DataError(f"{folder / CACHE} cannot be read: {error}") from error
        names = stripped.target_names
        parts.append(
            [
                Document(text, names[label], path)
                for text, label, path in zip(
                    stripped.data, stripped.target, stripped.filenames, strict=True
                )
            ]
        )
        subjects.append([subject_line(text) for text in whole.data])
    train, test = parts
    return train, test, tuple(names), subjects


def subject_line(text: str) -> str:
    """Returns the subject of a posting, or its first line."""
    found = SUBJECT.search(text)
    return found[1].strip() if found else first_line(text)


def first_line(text: str, width: int = 90) -> str:
    """Returns the first line that is not empty, cut to a width."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= width else line[: width - 1].rstrip() + "…"
