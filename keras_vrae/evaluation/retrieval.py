"""Precision of a search: the share of nearest neighbours that have the label of the query."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_vrae.validation import DataError, SettingError, check_int, complaint

QUERIES_AT_A_TIME = 256


def precision_by_cosine(
    queries: tuple[Any, ArrayLike], database: tuple[Any, ArrayLike], k: int = 100
) -> float:
    """Precision among the k nearest codes by the cosine of the angle.

    Args:
        queries, database: pairs `(codes (N, Z), labels)`, dense or sparse codes. Labels are class
            numbers `(N,)`, or zeros and ones `(N, C)` of which one in common makes a result right;
            class -1 matches none.
        k: number of results.

    Returns:
        The mean over the queries of the share of the results that have the query's label. Of
        results that are equally far at the k-th place, the average over all choices is taken.

    Raises:
        SettingError: for fewer codes in the database than k, or invalid labels.

    Example:
        >>> database = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]]), np.array([0, 1, 1])
        >>> precision_by_cosine((np.array([[2.0, 0.0]]), np.array([0])), database, k=2)
        0.5
    """
    queries, database, k = _check(queries, database, k)
    codes, others = unit_rows(queries[0]), unit_rows(database[0])
    total = 0.0
    for start in range(0, codes.shape[0], QUERIES_AT_A_TIME):
        rows = slice(start, start + QUERIES_AT_A_TIME)
        similarity = codes[rows] @ others.T
        if hasattr(similarity, "toarray"):
            similarity = similarity.toarray()
        relevant = _share_a_label(queries[1][rows], database[1])
        total += _precision_with_ties(-similarity, relevant, k).sum()
    return float(total / codes.shape[0])


def precision_by_hamming(
    queries: tuple[np.ndarray, ArrayLike], database: tuple[np.ndarray, ArrayLike], k: int = 100
) -> float:
    """Precision among the k nearest hash codes by the number of bits that differ.

    Hash codes of few bits have many ties, which are averaged over as in `precision_by_cosine`:
    the value does not depend on the order of the database. The search is faiss's.

    Args:
        queries, database: pairs `(codes (N, bytes) of uint8, labels)`; labels as in
            `precision_by_cosine`.
        k: number of results.

    Returns:
        The mean over the queries.

    Raises:
        SettingError: as `precision_by_cosine` does, and for codes that are not bytes.
        DataError: if faiss is not installed.

    Example:
        >>> database = np.array([[0], [1], [7]], "uint8"), np.array([0, 1, 1])
        >>> precision_by_hamming((np.array([[0]], "uint8"), np.array([0])), database, k=1)
        1.0
        >>> precision_by_hamming((np.array([[3]], "uint8"), np.array([1])), database, k=1)
        1.0
    """
    queries, database, k = _check(queries, database, k)
    index = hamming_index(database[0])
    codes = _check_bytes(queries[0])
    farthest = index.search(codes, k)[0][:, -1]
    precisions = np.zeros(len(codes))
    for radius in np.unique(farthest):
        # All that are as near as the k-th: the next radius is left out.
        chosen = np.flatnonzero(farthest == radius)
        for rows in np.array_split(chosen, -(-len(chosen) // QUERIES_AT_A_TIME)):
            ends, distances, found = index.range_search(codes[rows], int(radius) + 1)
            ends = ends.astype("int64")
            query = np.repeat(np.arange(len(rows)), np.diff(ends))
            relevant = _pairs_share_a_label(queries[1][rows][query], database[1][found])
            nearer = distances < radius
            inside, tied = (
                [np.bincount(query[part], weights, len(rows)) for weights in (None, relevant[part])]
                for part in (nearer, ~nearer)
            )
            left = (k - inside[0]) / tied[0]
            precisions[rows] = (inside[1] + left * tied[1]) / k
    return float(precisions.mean())


def hamming_index(codes: np.ndarray) -> Any:
    """faiss's exact index of packed hash codes `(N, bytes)`, an `IndexBinaryFlat`.

    Raises:
        SettingError: for codes that are not bytes.
        DataError: if faiss is not installed.
    """
    codes = _check_bytes(codes)
    try:
        import faiss
    except ImportError:
        raise DataError(
            "Hamming search needs faiss: pip install 'keras_vrae[text]' or faiss-cpu"
        ) from None
    index = faiss.IndexBinaryFlat(codes.shape[1] * 8)
    index.add(codes)
    return index


def _precision_with_ties(distances, relevant, k):
    """Precision of each row `(Q,)`, averaged over the choices among the results tied at place k."""
    kth = np.partition(distances, k - 1, axis=1)[:, k - 1 : k]
    nearer, tied = distances < kth, distances == kth
    left = (k - nearer.sum(axis=1)) / tied.sum(axis=1)
    return ((nearer & relevant).sum(axis=1) + left * (tied & relevant).sum(axis=1)) / k


def unit_rows(codes: Any) -> Any:
    """Rows scaled to length 1, dense or sparse as the codes are; a row of zeros stays as it is."""
    if hasattr(codes, "tocsr"):
        from sklearn.preprocessing import normalize

        return normalize(codes)
    codes = np.asarray(codes, "float32")
    return codes / np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1e-12)


def _share_a_label(labels, others):
    """Booleans `(Q, N)`: each pair of a query and a result has a label in common."""
    if labels.ndim == 2:
        return labels.astype("float32") @ others.T.astype("float32") > 0
    return (labels[:, None] == others) & (labels[:, None] >= 0)


def _pairs_share_a_label(labels, others):
    if labels.ndim == 2:
        return np.any((labels > 0) & (others > 0), axis=1)
    return (labels == others) & (labels >= 0)


def _check_bytes(codes):
    codes = np.ascontiguousarray(codes)
    if codes.ndim != 2 or codes.dtype != np.uint8:
        found = f"{codes.dtype} {codes.shape}"
        raise SettingError(complaint("codes", "an array (N, bytes) of uint8", found))
    return codes


def _check(queries, database, k):
    """Returns the two pairs and k, or raises `SettingError`."""
    checked = []
    for name, (codes, labels) in {"queries": queries, "database": database}.items():
        labels = np.asarray(labels)
        if len(codes.shape) != 2 or not codes.shape[0]:
            expected = "one code or more, in rows"
            raise SettingError(complaint(name, expected, codes.shape, of="[0].shape"))
        if labels.ndim not in (1, 2) or len(labels) != codes.shape[0]:
            expected = f"one row of labels for each of {codes.shape[0]} codes"
            raise SettingError(complaint(name, expected, labels.shape, of="[1].shape"))
        checked.append((codes, labels))
    for part, of in enumerate(("codes", "labels")):
        wanted, found = (pair[part].shape[1:] for pair in reversed(checked))
        if found != wanted:
            expected = f"with {of} of the size of those of the database, {wanted}"
            raise SettingError(complaint("queries", expected, found, of=f"[{part}].shape[1:]"))
    return *checked, check_int("k", k, maximum=database[0].shape[0])
