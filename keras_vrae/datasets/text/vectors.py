"""Vectors of words from a text file, with which a recurrent encoder begins."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from keras_vrae.datasets.tables import NUMBER
from keras_vrae.validation import DataError, SettingError, complaint


def read_vectors(
    path: str | Path, vocabulary: Sequence[str], size: int, seed: int = 0
) -> np.ndarray:
    """Reads the vectors of the terms of a vocabulary.

    Each line of the file is a word and its numbers, with spaces between them, as GloVe and
    word2vec write it; a first line with two numbers alone and blank lines are skipped. The file is
    read line by line. Terms that it lacks get random numbers of the same mean and spread.

    Args:
        path: the file, UTF-8.
        vocabulary: the terms.
        size: numbers that each vector must have.
        seed: whole number that fixes the random numbers.

    Returns:
        NumPy array `(V, size)` of float32.

    Raises:
        SettingError: for a file that does not exist.
        DataError: for a line other than a word with `size` numbers, or a file without any of
            the terms.
    """
    rows = {term: row for row, term in enumerate(vocabulary)}
    found = {}
    try:
        with open(path, encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                word, *values = line.rstrip().split(" ") if " " in line else line.split()
                if number == 1 and len(values) == 1 and word.isdigit():
                    continue
                if word in rows:
                    found[rows[word]] = _parse_vector(values, size, f"{path}, line {number}")
    except OSError as error:
        expected = f"a file that can be read ({error.strerror})"
        raise SettingError(complaint("embeddings", expected, str(path))) from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path} must be UTF-8 ({error.reason})") from None
    if not found:
        raise DataError(f"{path} must have a vector for some word of the vocabulary, it has none")
    known = np.array(list(found.values()), "float32")
    rng = np.random.default_rng(seed)
    vectors = rng.normal(known.mean(), known.std(), (len(rows), size)).astype("float32")
    vectors[list(found)] = known
    return vectors


def _parse_vector(values, size, where):
    cells = [value for value in values if value.strip()]
    vector = np.array(cells if all(map(NUMBER.fullmatch, cells)) else [], "float32")
    if len(vector) != size or not np.isfinite(vector).all():
        raise DataError(f"{where} must be a word and {size} numbers. Received: {len(values)}")
    return vector
