"""Nearest neighbours with few labels, against direct counts."""

import numpy as np
import pytest

from keras_vrae.evaluation import probes
from keras_vrae.evaluation.probes import few_label_knn_accuracy, knn_accuracy
from keras_vrae.validation import SettingError


def clusters(distance, count=300, seed=0):
    """Training and test codes around three centres, with their labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, size=count)
    centres = distance * np.array([[0, 0], [1, 0], [0, 1]])
    codes = centres[labels] + rng.normal(size=(count, 2))
    half = count // 2
    return (codes[:half], labels[:half]), (codes[half:], labels[half:])


def direct_count(train, test, num_neighbors):
    distances = np.linalg.norm(test[0][:, None] - train[0][None], axis=-1)
    nearest = np.argsort(distances, axis=1)[:, :num_neighbors]
    votes = [np.bincount(train[1][row], minlength=3).argmax() for row in nearest]
    return np.mean(votes == test[1])


@pytest.fixture
def drawn(monkeypatch):
    """The labelled points of each draw, in the order of the draws."""
    pairs = []

    def remember(train, test, num_neighbors):
        pairs.append(train)
        return knn_accuracy(train, test, num_neighbors)

    monkeypatch.setattr(probes, "knn_accuracy", remember)
    return pairs


def test_separate_clusters_need_few_labels():
    accuracy = few_label_knn_accuracy(*clusters(distance=30), num_labels=30, num_draws=5)
    assert accuracy == (1.0, 0.0)
    assert accuracy.mean == 1.0
    assert accuracy.standard_deviation == 0.0
    assert all(isinstance(value, float) for value in accuracy)


def test_mean_and_spread_against_direct_counts(drawn):
    train, test = clusters(distance=1.5)
    mean, spread = few_label_knn_accuracy(train, test, num_labels=20, num_draws=6)
    counts = [direct_count(pair, test, num_neighbors=5) for pair in drawn]
    assert len(counts) == 6
    assert mean == pytest.approx(sum(counts) / 6)
    assert spread == pytest.approx(np.sqrt(sum((count - mean) ** 2 for count in counts) / 6))
    assert spread > 0


def test_each_draw_takes_other_points_each_once_with_their_labels(drawn):
    train, test = clusters(distance=1.5)
    few_label_knn_accuracy(train, test, num_labels=20, num_draws=8)
    label_of = {tuple(code): label for code, label in zip(*train, strict=True)}
    draws = set()
    for codes, labels in drawn:
        points = [tuple(code) for code in codes]
        assert len(set(points)) == 20
        assert [label_of[point] for point in points] == labels.tolist()
        draws.add(frozenset(points))
    assert len(draws) == 8


def test_every_training_point_may_be_drawn(drawn):
    train, test = clusters(distance=1.5, count=60)
    few_label_knn_accuracy(train, test, num_labels=15, num_draws=15)
    assert len({tuple(code) for codes, _ in drawn for code in codes}) == 30


def test_with_all_labels_it_is_the_usual_accuracy():
    train, test = clusters(distance=1.5)
    mean, spread = few_label_knn_accuracy(train, test, len(train[0]), num_neighbors=7, num_draws=3)
    assert mean == pytest.approx(direct_count(train, test, num_neighbors=7))
    assert spread == pytest.approx(0.0, abs=1e-12)


def test_one_label_is_the_guess_for_all():
    train, test = clusters(distance=10)
    shares = np.bincount(test[1]) / len(test[1])
    for seed in range(5):
        mean, spread = few_label_knn_accuracy(train, test, 1, num_draws=1, seed=seed)
        assert np.abs(shares - mean).min() < 1e-12
        assert spread == 0.0


def test_more_labels_help():
    train, test = clusters(distance=4, count=1000)
    means = [few_label_knn_accuracy(train, test, count, num_draws=5).mean for count in (6, 30, 400)]
    assert means == sorted(means)
    assert means[0] < means[2] - 0.1


def test_the_seed_sets_the_draws():
    train, test = clusters(distance=1.5)
    one, two, other = (
        few_label_knn_accuracy(train, test, 20, num_draws=4, seed=seed) for seed in (0, 0, 1)
    )
    assert one == two
    assert one != other


def test_lists_will_do():
    train, test = clusters(distance=1.5, count=60)
    expected = few_label_knn_accuracy(train, test, 10, num_draws=2)
    lists = [[part.tolist() for part in pair] for pair in (train, test)]
    assert few_label_knn_accuracy(*lists, 10, num_draws=2) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_labels", 0),
        ("num_labels", 151),
        ("num_labels", 0.5),
        ("num_neighbors", 0),
        ("num_draws", 0),
        ("seed", -1),
    ],
)
def test_invalid_settings(name, value):
    train, test = clusters(distance=1.5)
    with pytest.raises(SettingError, match=f"`{name}` must be a whole .* Received: {name}={value}"):
        few_label_knn_accuracy(train, test, **{"num_labels": 20, name: value})
