"""What simple classifiers make of the codes: how well an embedding separates the classes."""

from typing import NamedTuple

import numpy as np

from keras_vrae.validation import check_int


def knn_accuracy(train, test, num_neighbors=10):
    """Accuracy of a vote among the nearest training codes.

    Args:
        train, test: pairs `(codes (N, Z), labels (N,))`; test points look for neighbours in train.
        num_neighbors: how many training codes vote, by Euclidean distance.

    Returns:
        Fraction of the test points that get their own label.
    """
    from sklearn.neighbors import KNeighborsClassifier

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


def few_label_knn_accuracy(train, test, num_labels, num_neighbors=5, num_draws=20, seed=0):
    """Accuracy of `knn_accuracy` when only a few training points have labels.

    Each draw labels `num_labels` training points, chosen at random without replacement, and lets
    these alone vote. An embedding that keeps the classes apart needs few of them.

    Args:
        train, test: pairs `(codes (N, Z), labels (N,))`.
        num_labels: how many training points have labels; the literature takes 100, 600 and 1,000.
        num_neighbors: how many labelled codes vote, by Euclidean distance.
        num_draws: how many times the labelled points are drawn.
        seed: whole number; the same seed gives the same draws.

    Returns:
        `FewLabelAccuracy(mean, standard_deviation)`, over the draws.

    Raises:
        SettingError: for fewer than one label, more labels than training points, fewer than one
            neighbour or draw, or a negative seed.

    Reference:
        Davidson, Falorsi, De Cao, Kipf and Tomczak, 2018, arXiv 1804.00891, the
        semi-supervised experiment.

    Example:
        >>> train = np.array([[0.0], [1.0], [8.0], [9.0]]), np.array([0, 0, 1, 1])
        >>> test = np.array([[0.5], [8.5]]), np.array([0, 1])
        >>> few_label_knn_accuracy(train, test, num_labels=3, num_neighbors=1)
        FewLabelAccuracy(mean=1.0, standard_deviation=0.0)
    """
    codes, labels = np.asarray(train[0]), np.asarray(train[1])
    num_labels = check_int("num_labels", num_labels, maximum=len(codes))
    num_neighbors = check_int("num_neighbors", num_neighbors)
    rng = np.random.default_rng(check_int("seed", seed, minimum=0))

    def accuracy_of_draw():
        chosen = rng.choice(len(codes), num_labels, replace=False)
        return knn_accuracy((codes[chosen], labels[chosen]), test, num_neighbors)

    accuracies = [accuracy_of_draw() for _ in range(check_int("num_draws", num_draws))]
    return FewLabelAccuracy(float(np.mean(accuracies)), float(np.std(accuracies)))


def linear_probe_accuracy(train, test):
    """Accuracy of multinomial logistic regression on standardized codes.

    Args:
        train, test: pairs `(codes (N, Z), labels (N,))`.

    Returns:
        Fraction of the test points that get their own label.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return float(classifier.fit(*train).score(*test))
