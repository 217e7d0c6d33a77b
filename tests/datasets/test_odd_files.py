"""Files as people have them are read rightly or refused by one line, never read wrongly."""

import collections
import re

import numpy as np
import pytest
from conftest import ROOT
from odd_files import REFUSED, VOCABULARY, odd_files

from keras_vrae.datasets import TableSettings
from keras_vrae.datasets.images import idx
from keras_vrae.datasets.music import midi
from keras_vrae.datasets.series import read_series
from keras_vrae.datasets.text import Corpus
from keras_vrae.datasets.text.vectors import read_vectors
from keras_vrae.validation import DataError, SettingError

FILES = list(odd_files())


def read(odd, path):
    """Reads a file as a user does: values, with None for NaN, and labels."""
    if odd.format == "documents":
        found = list(Corpus(path, TableSettings(**odd.settings)))
        return [[document.text for document in found], [document.label for document in found]]
    if odd.format == "IDX":
        return [idx.read_idx(path, 3).astype("float64").tolist(), None]
    if odd.format == "MIDI":
        return [midi.read_midi(path).astype("float64").tolist(), None]
    if odd.format == "word vectors":
        found = read_vectors(path, VOCABULARY, odd.settings["size"])
        known = [] if odd.expected == REFUSED else odd.expected[0]
        rows = {word: found[VOCABULARY.index(word)] for word in known}
        return [{word: [round(float(v), 3) for v in row] for word, row in rows.items()}, None]
    series = read_series(path, TableSettings(**odd.settings))
    values = [np.where(np.isnan(v), None, v.astype(object)).tolist() for v in series.values]
    known = any(label is not None for label in series.labels or ())
    return [values, series.labels if known else None]


def answer(odd, folder):
    """Returns the content of a file, or `REFUSED` if one line refuses it by its name."""
    path = folder / odd.name
    path.write_bytes(odd.content)
    try:
        return read(odd, path)
    except (DataError, SettingError) as error:
        is_clear = "\n" not in str(error) and str(path) in str(error)
        return REFUSED if is_clear else f"an unclear line: {error}"


@pytest.mark.parametrize("form", sorted({odd.format for odd in FILES}))
def test_no_file_is_silently_wrong(form, tmp_path):
    wrong = []
    for odd in FILES:
        if odd.format == form:
            found = answer(odd, tmp_path)
            if found != odd.expected:
                wrong.append((odd.story, odd.content[:400], odd.expected, found))
    assert not wrong, f"{len(wrong)} wrong, such as {wrong[0]}"


def test_the_page_has_the_counts():
    counts = collections.Counter(odd.expected == REFUSED for odd in FILES)
    assert len(FILES) >= 1000
    page = (ROOT / "docs" / "reliability.md").read_text()
    (sentence,) = re.findall(r"Of ([\d,]+) odd and ([\d,]+) damaged files", page)
    assert [int(number.replace(",", "")) for number in sentence] == [counts[False], counts[True]]
