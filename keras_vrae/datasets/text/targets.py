"""Targets of a model of documents: weights of the words of a document and of its neighbours."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from keras_vrae.validation import check_float, check_int

ROWS_AT_A_TIME = 500


class Mixture(NamedTuple):
    """Targets of documents: the words of each document, mixed with those of its neighbours.

    Attributes:
        own: weights of the terms of each document, a sparse matrix `(N, V)`.
        neighbours: numbers of documents, `(N, k)`; None without neighbours.
        share: share of all neighbours together, from 0 to 1.
    """

    own: Any
    neighbours: np.ndarray | None = None
    share: float = 0.0


def weigh(
    counts: Any,
    kind: str = "tfidf",
    length: float = 100.0,
    idf_power: float = 3.0,
) -> Any:
    """Weighs terms so that the weights of every document have the same sum.

    Args:
        counts: counts of terms, a sparse matrix `(N, V)`.
        kind: `"tfidf"` for `(1 + log(count)) * idf^idf_power`, or `"counts"` for the counts
            themselves.
        length: sum of the weights of a document, as if all documents had so many words: a long
            one then counts as much as a short one.
        idf_power: power of the inverse document frequency.

    Returns:
        Sparse matrix `(N, V)` of float32.
    """
    from sklearn.feature_extraction.text import TfidfTransformer

    if kind == "counts":
        return counts.tocsr().astype("float32")
    counts = counts.astype("float64")
    transformer = TfidfTransformer(norm="l1", sublinear_tf=True).fit(counts)
    transformer.idf_ = transformer.idf_**idf_power
    return (length * transformer.transform(counts)).astype("float32")


def singular_codes(counts: Any, components: int = 64, seed: int = 0) -> np.ndarray:
    """Finds the first singular vectors of TF-IDF weights; documents in them, `(N, components)`."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer

    weights = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    components = min(components, min(weights.shape) - 1)
    return TruncatedSVD(components, random_state=seed).fit_transform(weights).astype("float32")


def nearest(codes: np.ndarray, count: int) -> np.ndarray:
    """Finds the rows that are most similar to each row by cosine, other than itself.

    Args:
        codes: `(N, Z)`.
        count: number of rows to find for each.

    Returns:
        Whole numbers `(N, count)`, in any order.

    Example:
        >>> nearest(np.array([[1.0, 0.0], [2.0, 0.1], [0.0, 1.0]]), count=1).ravel()
        array([1, 0, 1])
    """
    check_int("neighbours", count, maximum=len(codes) - 1)
    # This takes a fifth of the time of scikit-learn's NearestNeighbors.
    codes = np.asarray(codes, "float32")
    codes = codes / np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1e-12)
    found = np.empty((len(codes), count), "int64")
    for start in range(0, len(codes), ROWS_AT_A_TIME):
        similarity = codes[start : start + ROWS_AT_A_TIME] @ codes.T
        own = np.arange(len(similarity))
        similarity[own, start + own] = -np.inf
        found[start : start + len(own)] = np.argpartition(similarity, -count)[:, -count:]
    return found


class Targets:
    """The targets of each epoch of training.

    In the first four epochs the 10 neighbours of a document are found in the singular vectors of
    the TF-IDF weights; later they are found again for each epoch in the codes of the model. Labels
    are not used.

    Args:
        counts: counts of terms in the training documents, a sparse matrix `(N, V)`.
        kind, length, idf_power: as in `weigh`.
        neighbours: number of neighbours in the codes of the model; 0 for none at any time.
        share: share of the neighbours, together, in a target.

    Reference:
        TF-IDF instead of counts: Chaidaroon and Fang, 2017, arXiv 1708.03436; neighbours
        that are known before training: Chaidaroon, Ebesu and Fang, 2018 (SIGIR).
    """

    first_neighbours, first_epochs = 10, 4

    def __init__(
        self,
        counts: Any,
        kind: str = "tfidf",
        length: float = 100.0,
        neighbours: int = 0,
        share: float = 0.9,
        idf_power: float = 3.0,
    ) -> None:
        most = counts.shape[0] - 1
        self.neighbours = min(check_int("neighbours", neighbours, minimum=0), most)
        self.share = check_float("share", share, maximum=1.0)
        self.counts, self.own = counts, weigh(counts, kind, length, idf_power)
        self._first: np.ndarray | None = None

    def at(self, epoch: int, encode: Callable[[], np.ndarray]) -> Mixture:
        """Returns the `Mixture` of an epoch, counted from 0.

        Args:
            epoch: number of the epoch.
            encode: a function without arguments that gives the codes of all documents, `(N, Z)`.
        """
        if not self.neighbours:
            return Mixture(self.own)
        if epoch >= self.first_epochs:
            codes = encode()
            return Mixture(
                self.own, nearest(codes - np.median(codes, 0), self.neighbours), self.share
            )
        if self._first is None:
            count = min(self.first_neighbours, self.neighbours)
            self._first = nearest(singular_codes(self.counts), count)
        return Mixture(self.own, self._first, self.share)
