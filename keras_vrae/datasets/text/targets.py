"""What a model of documents learns to explain: the words that tell, of a document and its like."""

from typing import Any, NamedTuple

import numpy as np

from keras_vrae.validation import check_float, check_int

ROWS_AT_A_TIME = 500


class Mixture(NamedTuple):
    """Targets of documents: each one's own words, and those of its neighbours.

    Attributes:
        own: weights of the terms of each document, a sparse matrix `(N, V)`.
        neighbours: numbers of documents, `(N, k)`; None for none.
        share: of the neighbours together, from 0 to 1.
    """

    own: Any
    neighbours: Any = None
    share: float = 0.0


def weigh(counts, kind="tfidf", length=100.0, idf_power=3.0):
    """Weights of terms that sum to the same number in every document.

    Args:
        counts: of the terms, a sparse matrix `(N, V)`.
        kind: `"tfidf"` for `(1 + log(count)) * idf^idf_power`, or `"counts"` for the counts
            themselves, which are left as they are.
        length: the sum of the weights of a document, its length in words: a long document then
            counts no more than a short one.
        idf_power: the power of the inverse document frequency.

    Returns:
        Sparse matrix `(N, V)` of float32.
    """
    from scipy import sparse

    counts = counts.tocsr().astype("float32")
    if kind == "counts":
        return counts
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log((1 + counts.shape[0]) / (1 + frequency)) + 1
    weights = counts.copy()
    weights.data = 1 + np.log(weights.data)
    weights = weights @ sparse.diags(idf**idf_power)
    totals = np.maximum(np.asarray(weights.sum(axis=1)).ravel(), 1e-12)
    return (sparse.diags(length / totals) @ weights).tocsr().astype("float32")


def singular_codes(counts, components=64, seed=0):
    """Documents in the first singular vectors of their TF-IDF weights: `(N, components)`."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer

    weights = TfidfTransformer(sublinear_tf=True).fit_transform(counts)
    components = min(components, min(weights.shape) - 1)
    return TruncatedSVD(components, random_state=seed).fit_transform(weights).astype("float32")


def nearest(codes, count):
    """The rows that are most similar to each by cosine, itself left out.

    Args:
        codes: `(N, Z)`.
        count: how many.

    Returns:
        Whole numbers `(N, count)`, in no particular order.

    Example:
        >>> nearest(np.array([[1.0, 0.0], [2.0, 0.1], [0.0, 1.0]]), count=1).ravel()
        array([1, 0, 1])
    """
    check_int("neighbours", count, maximum=len(codes) - 1)
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

    At first the neighbours of a document are those in the singular vectors of the TF-IDF weights,
    10 of them; from the fifth epoch on those in the codes of the model itself, found anew for each
    epoch. No labels are used.

    Args:
        counts: of the terms in the training documents, a sparse matrix `(N, V)`.
        kind, length, idf_power: as in `weigh`.
        neighbours: how many the model's own codes give; 0 for no neighbours at all.
        share: theirs of a target, together.

    Reference:
        TF-IDF in the place of counts: Chaidaroon and Fang, 2017, arXiv 1708.03436; neighbours that
        are known before training: Chaidaroon, Ebesu and Fang, 2018 (SIGIR).
    """

    first_neighbours, first_epochs = 10, 4

    def __init__(self, counts, kind="tfidf", length=100.0, neighbours=0, share=0.9, idf_power=3.0):
        most = counts.shape[0] - 1
        self.neighbours = min(check_int("neighbours", neighbours, minimum=0), most)
        self.share = check_float("share", share, maximum=1.0)
        self.counts, self.own = counts, weigh(counts, kind, length, idf_power)
        self._first = None

    def at(self, epoch, encode):
        """The `Mixture` of an epoch, counted from 0.

        Args:
            epoch: its number.
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
