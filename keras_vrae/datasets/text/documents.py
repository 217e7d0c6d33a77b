"""Documents as counts of terms or as sequences of words, in three parts."""

import dataclasses
import hashlib
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_vrae import backend
from keras_vrae.batch import NO_LABEL
from keras_vrae.datasets.names import NEWSGROUPS, source_of
from keras_vrae.datasets.splits import (
    SMALLEST_PART,
    VALIDATION_SEED,
    DataSpec,
    Split,
    Splits,
    draw_rows,
)
from keras_vrae.datasets.tables import TableSettings, sort_key, target_reason
from keras_vrae.datasets.text import newsgroups
from keras_vrae.datasets.text.corpus import Corpus, Document
from keras_vrae.validation import DataError, SettingError, complaint

TRAIN, VALIDATION, TEST = range(3)
PARTS = ("train", "validation", "test")
SPLIT_SEED = 0
CHUNK = 1000


@dataclasses.dataclass(frozen=True)
class TextSettings:
    """Settings by which documents become numbers.

    Attributes:
        view: `"bag"` for counts of terms, `"tokens"` for sequences of words.
        vocab_size: largest size of the vocabulary, of the most frequent terms in training.
        split: `"by_date"`, the official one of 20 Newsgroups with a tenth of its training part for
            validation, or `"random"`, 60, 20 and 20 % of all documents.
        strip: parts to remove from postings, some of `"headers"`, `"footers"` and `"quotes"`.
        stop_words: `"english"` or `"none"`.
        min_df, max_df: smallest and largest number of documents of a term, or a share of them.
        max_length: largest number of words of a sequence.
    """

    view: str = "bag"
    vocab_size: int = 10_000
    split: str = "by_date"
    strip: tuple[str, ...] = ()
    stop_words: str = "english"
    min_df: float = 1
    max_df: float = 1.0
    max_length: int = 64


class TextData(NamedTuple):
    """Documents of a data set before they became numbers.

    Attributes:
        vocabulary: the terms in the order of their numbers.
        settings: their `TextSettings`.
        titles: subject or first line of each document of each part, a tuple of tuples.
        manifest: counts and the vocabulary's SHA-256, a dict for `config.json`.
        counts: counts of terms in the training documents, a sparse matrix `(N, V)` in either view.
    """

    vocabulary: tuple[str, ...]
    settings: TextSettings
    titles: tuple[tuple[str, ...], ...]
    manifest: dict[str, Any]
    counts: Any


def load(
    name: str,
    data_dir: str | Path | None = None,
    settings: TextSettings | None = None,
    **table: Any,
) -> Splits:
    """Loads `"newsgroups"` or `"text:PATH"`, as `keras_vrae.datasets.load` does."""
    if name == NEWSGROUPS:
        return load_newsgroups(data_dir, settings or TextSettings())
    settings = settings or TextSettings(split="random")
    return load_corpus(source_of(name).rest, settings, TableSettings(**table))


def load_newsgroups(data_dir: str | Path | None, settings: TextSettings) -> Splits:
    """Loads 20 Newsgroups as `Splits`; `data_dir` as in `newsgroups.read_newsgroups`."""
    train, test, names, subjects = newsgroups.read_newsgroups(data_dir, settings.strip)
    if settings.split == "random":
        parts = random_parts(len(train) + len(test))
    else:
        held_out = draw_rows(len(train), 0.1, VALIDATION_SEED)
        parts = np.append(np.where(held_out, VALIDATION, TRAIN), np.full(len(test), TEST))
    return make_splits([*train, *test], parts, settings, names, [*subjects[0], *subjects[1]])


def load_corpus(
    path: str | Path, settings: TextSettings, table: TableSettings | None = None
) -> Splits:
    """Loads documents of the user's own as `Splits`; each pass reads the text again.

    Args:
        path, table: the folder or file, and the form of a table, as in `Corpus`.
        settings: `TextSettings`.
    """
    if settings.split != "random":
        expected = "'random' for documents without an official split"
        raise SettingError(complaint("text_split", expected, settings.split))
    corpus = Corpus(path, table)
    labels = [document.label for document in corpus]
    reason, remarks = target_reason(labels), list(corpus.remarks)
    known = {label for label in labels if label is not None}
    names = [] if reason else sorted(known, key=sort_key)
    if reason:
        remarks.append(f"labels are targets, as they are {reason}: no classes are made of them")
    elif names and None in labels:
        remarks.append(f"{labels.count(None):,} documents have no label")
    notes = {"read_as": corpus.read_as, "remarks": remarks}
    notes = {name: note for name, note in notes.items() if note}
    return make_splits(corpus, random_parts(len(labels)), settings, names, notes=notes)


def random_parts(count: int, seed: int = SPLIT_SEED) -> np.ndarray:
    """Draws the part of each document: 60 % training, 20 % validation and 20 % test."""
    order = np.random.default_rng(seed).permutation(count)
    parts = np.full(count, TRAIN)
    held_out = round(0.2 * count)
    parts[order[:held_out]], parts[order[held_out : 2 * held_out]] = TEST, VALIDATION
    return parts


def make_splits(
    documents: Iterable[Document],
    parts: np.ndarray,
    settings: TextSettings,
    class_names: Sequence[str],
    titles: Sequence[str] | None = None,
    notes: dict[str, Any] | None = None,
) -> Splits:
    """Finds the vocabulary in the training documents and turns all documents into numbers.

    Args:
        documents: an iterable of `Document`s, in the same order in every pass.
        parts: the number of the part of each document, `(N,)`.
        settings: `TextSettings`.
        class_names: names of the classes in the order of their numbers.
        titles: title of each document; its first line if None.
        notes: as in `DataSpec`.

    Returns:
        `Splits`; `spec.text` is a `TextData`. Documents without a term of the vocabulary are left
        out and counted in the manifest.

    Raises:
        DataError: for a part with fewer than 10 documents.
    """
    from scipy import sparse

    training = (doc.text for doc, part in zip(documents, parts, strict=True) if part == TRAIN)
    counter = fit_counter(training, settings)
    vocabulary = tuple(str(term) for term in counter.get_feature_names_out())
    numbers: dict[str | None, int] = {name: number for number, name in enumerate(class_names)}
    vectorizer = _make_vectorizer(vocabulary, settings)
    counts, words, y, lines = [], [], [], []
    stream = iter(documents)
    while chunk := list(itertools.islice(stream, CHUNK)):
        texts = separate([document.text for document in chunk])
        counts.append(counter.transform(texts))
        if vectorizer:
            words.append(np.asarray(vectorizer(texts), "int32"))
        y += [numbers.get(document.label, NO_LABEL) for document in chunk]
        lines += [newsgroups.first_line(document.text) for document in chunk]
    counts, y = sparse.vstack(counts, format="csr"), np.array(y, "int64")
    x = np.concatenate(words) if vectorizer else counts
    lines = np.array(lines if titles is None else titles, object)
    filled = np.diff(counts.indptr) > 0
    chosen = [np.flatnonzero((parts == part) & filled) for part in range(len(PARTS))]
    sizes = {name: len(rows) for name, rows in zip(PARTS, chosen, strict=True)}
    for name, size in sizes.items():
        if size < SMALLEST_PART:
            raise DataError(
                f"The {name} part must have {SMALLEST_PART} or more documents with a term of the "
                f"vocabulary. Received: {size}"
            )
    text = TextData(
        vocabulary,
        settings,
        tuple(tuple(lines[rows]) for rows in chosen),
        {
            "documents": sizes,
            "empty_documents_dropped": int(np.sum(~filled)),
            "unlabelled_documents": int(np.sum(y[filled] == NO_LABEL)),
            "vocabulary": len(vocabulary),
            "vocabulary_sha256": hashlib.sha256("\n".join(vocabulary).encode()).hexdigest(),
        },
        counts[chosen[TRAIN]],
    )
    size = len(vocabulary) if settings.view == "bag" else settings.max_length
    names = tuple(class_names)
    spec = DataSpec((size,), len(names), names, kind="text", notes=notes, text=text)
    train, validation, test = (Split(x[rows], y[rows]) for rows in chosen)
    return Splits(train, validation, test, spec)


def separate(texts: Iterable[str]) -> list[str]:
    """Returns a list of texts as a model reads them: words in lower case with spaces between."""
    # JSON can hold halves of surrogate pairs, which UTF-8 cannot.
    encoded = [text.encode("utf-8", "replace") for text in texts]
    return [text.decode() for text in backend.separate_words(encoded).numpy()]


def fit_counter(texts: Iterable[str], settings: TextSettings) -> Any:
    """Fits scikit-learn's `CountVectorizer`, which finds the most frequent terms of texts.

    A term is a word of two or more characters, in lower case; `keras_vrae.layers.TextVectorizer`
    has what a word is.

    Args:
        texts: training texts, an iterable that is read once.
        settings: `TextSettings`.

    Raises:
        DataError: for texts without a term.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    # What separates words in a model separates them here: so both have the same words in every
    # script. Python's own `\w` ends a word at each vowel sign of Hindi.
    stream = iter(texts)
    chunks = iter(lambda: list(itertools.islice(stream, CHUNK)), [])
    separated = itertools.chain.from_iterable(map(separate, chunks))
    counter = CountVectorizer(
        max_features=settings.vocab_size,
        stop_words=None if settings.stop_words == "none" else settings.stop_words,
        min_df=settings.min_df,
        max_df=settings.max_df,
        lowercase=False,
        token_pattern=r"[^ ]{2,}",
        dtype=np.float32,
    )
    try:
        return counter.fit(separated)
    except ValueError as error:
        raise DataError(f"The training documents give no vocabulary: {error}") from None


def _make_vectorizer(vocabulary, settings):
    """Makes the layer that turns texts into sequences of words; None for counts of terms."""
    if settings.view == "bag":
        return None
    from keras_vrae.layers import TextVectorizer

    return TextVectorizer(vocabulary, "tokens", settings.max_length)
