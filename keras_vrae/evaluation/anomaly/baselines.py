"""Baselines that a model of anomalies should be better than."""

import numpy as np

from keras_vrae import sequences
from keras_vrae.evaluation.anomaly.scores import lengths_of
from keras_vrae.types import Examples


def pca_scores(
    train: Examples, test: Examples, num_components: int = 16
) -> tuple[np.ndarray, np.ndarray]:
    """Scores by the squared error of a reconstruction from principal components.

    Args:
        train, test: examples, `(N, T, ...)`, or padded sequences. Each channel is standardized by
            the training part, and padding then counts as zero.
        num_components: number of components; fewer if the training part spans fewer dimensions.

    Returns:
        `(train_scores (N,), test_scores (M,))`.
    """
    from sklearn.decomposition import PCA

    train, test = flat_features(train, test)
    # N centred examples span N - 1 dimensions, so that any further component is arbitrary.
    size = min(num_components, train.shape[0] - 1, train.shape[1])
    with np.errstate(invalid="ignore"):  # One example has no variance to explain.
        pca = PCA(size).fit(train)
    centred = [x - pca.mean_ for x in (train, test)]
    errors = [x - (x @ pca.components_.T) @ pca.components_ for x in centred]
    train_scores, test_scores = (np.mean(error**2, axis=1) for error in errors)
    return train_scores, test_scores


def random_scores(train: Examples, test: Examples, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores drawn at random, uniform in [0, 1); arguments as of `pca_scores`."""
    rng = np.random.default_rng(seed)
    train_scores, test_scores = (rng.random(sequences.num_rows(x)) for x in (train, test))
    return train_scores, test_scores


def flat_features(train: Examples, test: Examples) -> tuple[np.ndarray, np.ndarray]:
    """Examples as rows of numbers, each channel standardized by the training part.

    All rows are as long as the longest sequences of the two parts.
    """
    arrays = [np.asarray(sequences.array_of(x), "float64") for x in (train, test)]
    masks = [
        np.arange(array.shape[1]) < lengths_of(x)[:, np.newaxis]
        for x, array in zip((train, test), arrays, strict=True)
    ]
    known = arrays[0][masks[0]]
    mean, scale = known.mean(axis=0), known.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    rows, steps = [], max(array.shape[1] for array in arrays)
    for array, mask in zip(arrays, masks, strict=True):
        mask = mask.reshape(*mask.shape, *[1] * (array.ndim - 2))
        values = np.where(mask, (array - mean) / scale, 0.0)
        missing = [(0, 0), (0, steps - array.shape[1]), *[(0, 0)] * (array.ndim - 2)]
        rows.append(np.pad(values, missing).reshape(len(array), -1))
    train_rows, test_rows = rows
    return train_rows, test_rows
