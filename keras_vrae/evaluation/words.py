"""Words that describe latent codes of documents."""

from collections.abc import Sequence

import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from keras_vrae.models import VAE
from keras_vrae.validation import check_int


def top_words(
    shares: np.ndarray, base: np.ndarray, vocabulary: Sequence[str], count: int = 8
) -> list[list[str]]:
    """The most telling words of each distribution over the vocabulary.

    Words are ranked by their terms of the divergence from the base, `p log(p / base)`: words that
    are common everywhere come last, and so do words that are rare everywhere.

    Args:
        shares: distributions, `(N, V)`.
        base: the distribution to compare with, such as that of all documents, `(V,)`.
        vocabulary: the terms.
        count: number of words.

    Returns:
        A list of lists of strings.

    Example:
        >>> top_words(np.array([[0.7, 0.2, 0.1]]), np.array([0.8, 0.1, 0.1]), "abc", count=1)
        [['b']]
    """
    count = check_int("count", count)
    gains = shares * np.log(np.maximum(shares, 1e-30) / np.maximum(base, 1e-30))
    order = np.argsort(-gains, axis=1)[:, :count]
    return [[str(vocabulary[term]) for term in row] for row in order]


def moved_words(
    model: VAE,
    z_mean: np.ndarray,
    vocabulary: Sequence[str],
    counts: ArrayLike,
    count: int = 6,
    least: int = 20,
) -> list[tuple[int, float, list[str], list[str]]]:
    """The words that separate low from high values of each latent dimension.

    Each dimension in turn goes from its 5 % quantile to its 95 % quantile over the documents, with
    the others at their means. The words of an end are those with the largest terms of the
    divergence from the other end, `p log(p / p_other)`, so that words which are rare at both ends
    come last even if they change much.

    Args:
        model: a `VAE` of documents.
        z_mean: posterior means of documents, `(N, Z)`.
        vocabulary: the terms.
        counts: number of occurrences of each term, `(V,)`.
        count: number of words on each side.
        least: number of occurrences below which a term is left out.

    Returns:
        A list of `(dimension, range, lower, upper)`, the widest effect first: the number of the
        dimension, the largest change of a log-probability in nats, and the words that low and high
        values bring.
    """
    low, high = np.quantile(z_mean, (0.05, 0.95), axis=0)
    centre, size = z_mean.mean(axis=0), z_mean.shape[1]
    ends = np.repeat(centre[None], 2 * size, axis=0)
    ends[np.arange(size), np.arange(size)] = low
    ends[size + np.arange(size), np.arange(size)] = high
    logits = ops.convert_to_numpy(model.decoder(ends.astype("float32")))
    logs = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    moved = logs[size:] - logs[:size]
    frequent = np.flatnonzero(np.asarray(counts) >= min(least, np.max(counts)))
    found = []
    for dimension in range(size):
        change = moved[dimension, frequent]
        words = []
        for sign, row in ((-1, dimension), (1, size + dimension)):
            gains = sign * change * np.exp(logs[row, frequent])
            order = frequent[np.argsort(-gains)[:count]]
            words.append([str(vocabulary[term]) for term in order])
        lower, upper = words
        found.append((dimension, float(np.abs(change).max()), lower, upper))
    return sorted(found, key=lambda row: -row[1])


def interpolation(
    model: VAE,
    start: ArrayLike,
    end: ArrayLike,
    steps: int,
    base: np.ndarray,
    vocabulary: Sequence[str],
    count: int = 8,
) -> list[list[str]]:
    """Words on the straight line from one code to another.

    Args:
        model: a `VAE` of documents.
        start, end: codes, `(Z,)`.
        steps: number of points on the line, both ends included.
        base, vocabulary, count: as in `top_words`.

    Returns:
        A list of lists of strings, one for each point.
    """
    way = np.linspace(0, 1, check_int("steps", steps, minimum=2))[:, None]
    codes = (1 - way) * np.asarray(start) + way * np.asarray(end)
    return top_words(model.decode(codes), base, vocabulary, count)
