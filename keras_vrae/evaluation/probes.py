"""Accuracy of simple classifiers on the codes, as a measure of how they separate the classes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from keras_vrae.evaluation.clustering import check_labelled
from keras_vrae.validation import SettingError, check_int, complaint


def knn_accuracy(
    train: tuple[ArrayLike, ArrayLike], test: tuple[ArrayLike, ArrayLike], num_neighbors: int = 10
) -> float:
    """Accuracy of a vote among the nearest training codes.

    Args:
        train, test: pairs `(codes (N, Z), labels (N,))`; test points look for neighbours in train.
        num_neighbors: number of training codes that vote, by Euclidean distance; all of them if
            there are fewer.

    Returns:
        Fraction of the test points that get their own label.

    Raises:
        SettingError: for codes that are empty, not of rank 2, or not finite, a number of labels
            that is not that of the codes, codes of different sizes in the two parts, and fewer than
            one neighbour.
    """
    from sklearn.neighbors import KNeighborsClassifier

    train, test = _check_parts(train, test)
    num_neighbors = check_int("num_neighbors", num_neighbors)
    classifier = KNeighborsClassifier(min(num_neighbors, len(train[0])))
    return float(classifier.fit(*train).score(*test))


class FewLabelAccuracy(NamedTuple):
    """Accuracy over random draws of the labelled points.

    Attributes:
        mean: the mean over the draws, from 0 to 1.
        standard_deviation: the spread of single draws around it, with the number of draws as
            divisor.
    """

    mean: float
    standard_deviation: float


def few_label_knn_accuracy(
    train: tuple[ArrayLike, ArrayLike],
    test: tuple[ArrayLike, ArrayLike],
    num_labels: int,
    num_neighbors: int = 5,
    num_draws: int = 20,
    seed: int = 0,
) -> FewLabelAccuracy:
    """Accuracy of `knn_accuracy` when only a few training points have labels.

    Each draw labels `num_labels` training points, chosen at random without replacement, and lets
    these alone vote. An embedding that keeps the classes apart needs few of them.

    Args:
        train, test: pairs `(codes (N, Z), labels (N,))`.
        num_labels: number of training points with labels; the literature takes 100, 600 and 1,000.
        num_neighbors: number of labelled codes that vote, by Euclidean distance.
        num_draws: number of draws of the labelled points.
        seed: whole number; the same seed gives the same draws.

    Returns:
        `FewLabelAccuracy(mean, standard_deviation)`, over the draws.

    Raises:
        SettingError: as in `knn_accuracy`, and for fewer than one label, more labels than training
            points, fewer than one draw, or a negative seed.

    Reference:
        Davidson, Falorsi, De Cao, Kipf and Tomczak, 2018, arXiv 1804.00891, the
        semi-supervised experiment.

    Example:
        >>> train = np.array([[0.0], [1.0], [8.0], [9.0]]), np.array([0, 0, 1, 1])
        >>> test = np.array([[0.5], [8.5]]), np.array([0, 1])
        >>> few_label_knn_accuracy(train, test, num_labels=3, num_neighbors=1)
        FewLabelAccuracy(mean=1.0, standard_deviation=0.0)
    """
    (codes, labels), test = _check_parts(train, test)
    num_labels = check_int("num_labels", num_labels, maximum=len(codes))
    rng = np.random.default_rng(check_int("seed", seed, minimum=0))

    def accuracy_of_draw():
        chosen = rng.choice(len(codes), num_labels, replace=False)
        return knn_accuracy((codes[chosen], labels[chosen]), test, num_neighbors)

    accuracies = [accuracy_of_draw() for _ in range(check_int("num_draws", num_draws))]
    return FewLabelAccuracy(float(np.mean(accuracies)), float(np.std(accuracies)))


def linear_probe_accuracy(
    train: tuple[ArrayLike, ArrayLike], test: tuple[ArrayLike, ArrayLike]
) -> float:
    """Accuracy of multinomial logistic regression on standardized codes.

    If the training points have one class alone, every test point gets that class.

    Args:
        train, test: pairs `(codes (N, Z), labels (N,))`.

    Returns:
        Fraction of the test points that get their own label.

    Raises:
        SettingError: for codes that are empty, not of rank 2, or not finite, a number of labels
            that is not that of the codes, and codes of different sizes in the two parts.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train, test = _check_parts(train, test)
    classes = np.unique(train[1])
    if len(classes) == 1:
        return float(np.mean(test[1] == classes[0]))
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return float(classifier.fit(*train).score(*test))


def _check_parts(train, test):
    """Returns the two pairs `(codes, labels)` as arrays, or raises `SettingError`."""
    pairs = []
    for name, (codes, labels) in (("train", train), ("test", test)):
        _, labels = check_labelled(codes, labels, f"{name}[0]", f"{name}[1]")
        pairs.append((np.asarray(codes), labels))
    size, found = pairs[0][0].shape[1], pairs[1][0].shape[1]
    if size != found:
        raise SettingError(complaint("test[0]", f"of {size} columns, as `train[0]`", found))
    return pairs
