"""Clusters and classes, against their definitions written out."""

import itertools

import numpy as np
import pytest

from keras_vrae.evaluation.clustering import cluster_agreement, silhouette
from keras_vrae.validation import SettingError

# How many examples of each class (rows) are in each cluster (columns).
TABLE = np.array([[9, 1, 0], [2, 0, 12], [0, 7, 3]])


@pytest.fixture
def apart():
    """Codes around three centres, far apart, and the number of the centre of each."""
    rng = np.random.default_rng(0)
    centre = np.arange(300) % 3
    return 50 * np.eye(3)[centre] + rng.normal(size=(300, 3)), centre


def from_table(table):
    """Codes in as many far clusters as the table has columns, with labels as it says."""
    rng = np.random.default_rng(0)
    pairs = [pair for pair in np.ndindex(*table.shape) for _ in range(table[pair])]
    labels, cluster = np.array(pairs).T
    return np.column_stack([1000.0 * cluster, rng.normal(size=len(cluster))]), labels


def entropy(counts):
    shares = counts[counts > 0] / counts.sum()
    return -np.sum(shares * np.log(shares))


def mean_silhouette(codes, labels):
    distances = np.linalg.norm(codes[:, None] - codes[None], axis=-1)
    values = []
    for point, label in enumerate(labels):
        same = (labels == label) & (np.arange(len(labels)) != point)
        if not same.any():
            values.append(0.0)
            continue
        others = set(labels.tolist()) - {label}
        within = distances[point, same].mean()
        nearest = min(distances[point, labels == other].mean() for other in others)
        values.append((nearest - within) / max(nearest, within))
    return np.mean(values)


@pytest.mark.parametrize("names", [[0, 1, 2], [7, 3, 5], ["one", "two", "three"]])
def test_classes_apart_are_found_whatever_they_are_called(apart, names):
    codes, centre = apart
    agreement = cluster_agreement(codes, np.array(names)[centre])
    assert agreement == pytest.approx({"nmi": 1.0, "ari": 1.0})
    assert all(isinstance(value, float) for value in agreement.values())


def test_labels_without_relation_agree_with_nothing(apart):
    codes, centre = apart
    labels = np.random.default_rng(1).permutation(centre)
    agreement = cluster_agreement(codes, labels)
    assert 0 <= agreement["nmi"] < 0.03
    assert abs(agreement["ari"]) < 0.03
    # The nearest of two other classes is a little nearer by chance.
    assert -0.06 < silhouette(codes, labels) < 0


def test_agreement_against_the_definitions():
    codes, labels = from_table(TABLE)
    rows, columns = TABLE.sum(axis=1), TABLE.sum(axis=0)
    shared = entropy(rows) + entropy(columns) - entropy(TABLE.ravel())
    # Of all pairs of examples: how many are together in both, by class, and by cluster.
    cluster = np.round(codes[:, 0] / 1000)
    pairs = list(itertools.combinations(range(len(labels)), 2))
    by_class = np.array([labels[i] == labels[j] for i, j in pairs])
    by_cluster = np.array([cluster[i] == cluster[j] for i, j in pairs])
    by_chance = by_class.sum() * by_cluster.sum() / len(pairs)
    most = (by_class.sum() + by_cluster.sum()) / 2
    agreement = cluster_agreement(codes, labels)
    assert agreement["nmi"] == pytest.approx(2 * shared / (entropy(rows) + entropy(columns)))
    together = np.sum(by_class & by_cluster)
    assert agreement["ari"] == pytest.approx((together - by_chance) / (most - by_chance))


def test_the_number_of_clusters_is_that_of_the_classes_unless_set():
    # Two classes, each of two clusters.
    codes, labels = from_table(np.array([[10, 10, 0, 0], [0, 0, 10, 10]]))
    assert cluster_agreement(codes, labels)["ari"] == pytest.approx(1.0)
    # The entropy of four clusters is twice that of two classes, all of which they determine.
    agreement = cluster_agreement(codes, labels, num_clusters=4)
    assert agreement["nmi"] == pytest.approx(2 / 3)
    assert agreement["ari"] < 0.6


def test_agreement_is_the_same_for_the_same_seed():
    rng = np.random.default_rng(0)
    codes, labels = rng.normal(size=(100, 2)), rng.integers(0, 8, size=100)
    results = [cluster_agreement(codes, labels, seed=seed) for seed in (0, 0, 1, 2, 3)]
    assert results[0] == results[1]
    assert any(other != results[0] for other in results[2:])


def test_silhouette_against_the_definition():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, size=80)
    labels[0] = 9
    codes = np.eye(10)[labels] + rng.normal(size=(80, 10))
    value = silhouette(codes, labels)
    assert isinstance(value, float)
    assert value == pytest.approx(mean_silhouette(codes, labels))


def test_silhouette_of_classes_apart_is_near_one(apart):
    assert silhouette(*apart) > 0.95


def test_silhouette_of_more_points_than_asked_for_is_that_of_some():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, size=2500)
    codes = rng.normal(size=(2500, 2)) + 2.0 * labels[:, None]
    everything = silhouette(codes, labels, max_points=2500)
    assert silhouette(codes, labels, max_points=9000, seed=5) == everything
    some = [silhouette(codes, labels, max_points=500, seed=seed) for seed in (0, 0, 1)]
    assert some[0] == some[1] != some[2]
    assert some == pytest.approx([everything] * 3, abs=0.08)
    assert everything not in some


def test_silhouette_takes_no_more_points_than_asked_for(monkeypatch):
    import sklearn.metrics

    sizes = []
    monkeypatch.setattr(
        sklearn.metrics, "silhouette_score", lambda codes, labels: sizes.append(len(codes)) or 0.5
    )
    codes, labels = np.zeros((2500, 1)), np.arange(2500) % 2
    for max_points in (100, 2000, 2500, 9000):
        silhouette(codes, labels, max_points)
    silhouette(codes, labels)
    assert sizes == [100, 2000, 2500, 2500, 2000]


@pytest.mark.parametrize("metric", [cluster_agreement, silhouette])
@pytest.mark.parametrize(
    ("codes", "labels", "message"),
    [
        (
            np.zeros((0, 2)),
            np.zeros(0, int),
            r"`codes` must be a non-empty .* codes\.shape=\(0, 2\)",
        ),
        (np.zeros(4), np.zeros(4, int), r"`codes` must be .* codes\.shape=\(4,\)"),
        (np.array([[np.nan], [0.0]]), [0, 1], r"`codes` must be of finite .* codes\[0, 0\]=nan"),
        (
            np.zeros((4, 2)),
            [0, 1, 0],
            r"`labels` must be one class for each of 4 .* labels\.shape=\(3,\)",
        ),
        (np.zeros((4, 2)), np.eye(4), r"`labels` must be one class for each of 4"),
    ],
)
def test_invalid_codes_and_labels_are_refused(metric, codes, labels, message):
    with pytest.raises(SettingError, match=message):
        metric(codes, labels)


@pytest.mark.parametrize("labels", [[1, 1, 1, 1], [0, 1, 2, 3]])
def test_silhouette_needs_classes_to_compare(labels):
    with pytest.raises(SettingError, match="`labels` must be of at least 2 classes"):
        silhouette(np.arange(4.0)[:, None], labels)


def test_silhouette_needs_two_classes_among_the_points_it_draws():
    labels = np.zeros(1000, int)
    labels[0] = 1
    with pytest.raises(SettingError, match=r"Received: labels \(classes, points\)=\(1, 5\)"):
        silhouette(np.arange(1000.0)[:, None], labels, max_points=5)


@pytest.mark.parametrize(
    ("metric", "setting"),
    [
        (cluster_agreement, {"num_clusters": 0}),
        (cluster_agreement, {"num_clusters": 301}),
        (cluster_agreement, {"seed": -1}),
        (cluster_agreement, {"seed": 2**32}),
        (silhouette, {"max_points": 2}),
        (silhouette, {"seed": -1}),
    ],
)
def test_invalid_settings_are_refused(apart, metric, setting):
    (name,) = setting
    with pytest.raises(SettingError, match=f"`{name}` must be a whole number"):
        metric(*apart, **setting)


def test_collapsed_codes_agree_with_nothing():
    assert cluster_agreement(np.zeros((20, 2)), np.arange(20) % 4) == {"nmi": 0.0, "ari": 0.0}


def test_one_class_and_one_cluster_agree():
    assert cluster_agreement([[0.0], [1.0]], [3, 3]) == {"nmi": 1.0, "ari": 1.0}
    assert cluster_agreement([[0.0]], [3]) == {"nmi": 1.0, "ari": 1.0}
