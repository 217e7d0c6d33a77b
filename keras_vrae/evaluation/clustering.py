"""Agreement of clusters in latent space with the classes, without a trained classifier."""

import warnings

import numpy as np
from numpy.typing import ArrayLike

from keras_vrae.evaluation.latent import check_codes
from keras_vrae.validation import SettingError, check_int, complaint

# The largest seed that the generators of scikit-learn take.
LARGEST_SEED = 2**32 - 1


def cluster_agreement(
    codes: ArrayLike, labels: ArrayLike, num_clusters: int | None = None, seed: int = 0
) -> dict[str, float]:
    """Agreement of the clusters that k-means finds in the codes with the classes.

    Args:
        codes: one code per example, `(N, Z)`.
        labels: the class of each example, `(N,)`.
        num_clusters: number of clusters to look for; the number of classes if None.
        seed: whole number that sets the ten starts of k-means, of which the best counts.

    Returns:
        A dict of two floats, each 1 if clusters and classes are the same and near 0 if they have
        no relation: `nmi`, the mutual information of clusters and classes over the arithmetic
        mean of their entropies, and `ari`, the Rand index adjusted for chance, which can be
        negative.

    Raises:
        SettingError: for codes that are empty, not of rank 2, or not finite, more or fewer labels
            than codes, more clusters than codes, or a seed out of range.

    Reference:
        Strehl and Ghosh, 2002, Journal of Machine Learning Research 3, for normalized mutual
        information (there over the geometric mean of the entropies); Hubert and Arabie, 1985,
        Journal of Classification 2, for the adjusted Rand index.

    Example:
        >>> codes, labels = np.array([[0.0], [0.1], [9.0], [9.1]]), np.array([3, 3, 8, 8])
        >>> cluster_agreement(codes, labels)
        {'nmi': 1.0, 'ari': 1.0}
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    codes, labels = check_labelled(codes, labels)
    if num_clusters is None:
        num_clusters = len(np.unique(labels))
    num_clusters = check_int("num_clusters", num_clusters, maximum=len(codes))
    seed = check_int("seed", seed, minimum=0, maximum=LARGEST_SEED)
    with warnings.catch_warnings():
        # Fewer distinct codes than clusters: a collapsed posterior, which the metrics show.
        warnings.simplefilter("ignore", ConvergenceWarning)
        clusters = KMeans(num_clusters, n_init=10, random_state=seed).fit_predict(codes)
    return {
        "nmi": float(normalized_mutual_info_score(labels, clusters)),
        "ari": float(adjusted_rand_score(labels, clusters)),
    }


def silhouette(codes: ArrayLike, labels: ArrayLike, max_points: int = 2000, seed: int = 0) -> float:
    """The silhouette coefficient of the true classes in latent space.

    The mean over examples of `(b - a) / max(a, b)`, where a is the mean Euclidean distance to the
    others of the same class and b that to the nearest other class; 0 for an example alone in its
    class.

    Args:
        codes: one code per example, `(N, Z)`.
        labels: the class of each example, `(N,)`.
        max_points: the most examples to use, drawn without replacement if there are more; the cost
            grows with its square.
        seed: whole number; the same seed gives the same examples.

    Returns:
        Float from -1 to 1: near 1 if the classes are compact and far apart, 0 if they overlap,
        negative if examples are nearer to another class than to their own.

    Raises:
        SettingError: for codes that are empty, not of rank 2, or not finite, more or fewer labels
            than codes, fewer than two classes among the examples that are used or as
            many classes as examples, fewer than three points, or a negative seed.

    Reference:
        Rousseeuw, 1987, Journal of Computational and Applied Mathematics 20.

    Example:
        >>> codes, labels = np.array([[0.0], [1.0], [10.0], [11.0]]), np.array([0, 0, 1, 1])
        >>> round(silhouette(codes, labels), 4)
        0.8997
    """
    from sklearn.metrics import silhouette_score

    codes, labels = check_labelled(codes, labels)
    max_points = check_int("max_points", max_points, minimum=3)
    rng = np.random.default_rng(check_int("seed", seed, minimum=0))
    if len(codes) > max_points:
        drawn = rng.choice(len(codes), max_points, replace=False)
        codes, labels = codes[drawn], labels[drawn]
    num_classes = len(np.unique(labels))
    if not 2 <= num_classes < len(labels):
        expected = "of at least 2 classes, and of fewer classes than points"
        counts = num_classes, len(labels)
        raise SettingError(complaint("labels", expected, counts, of=" (classes, points)"))
    return float(silhouette_score(codes, labels))


def check_labelled(
    codes: ArrayLike, labels: ArrayLike, name: str = "codes", name_of_labels: str = "labels"
) -> tuple[np.ndarray, np.ndarray]:
    """Returns codes `(N, Z)` in float64 and labels `(N,)`, or raises `SettingError`."""
    codes, labels = check_codes(name, codes), np.asarray(labels)
    if labels.shape != codes.shape[:1]:
        expected = f"one class for each of {len(codes)} codes"
        raise SettingError(complaint(name_of_labels, expected, labels.shape, of=".shape"))
    return codes, labels
