"""What simple classifiers make of the codes: how well an embedding separates the classes."""


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
