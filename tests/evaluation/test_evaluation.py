import numpy as np
import pytest

import keras_vrae as kv
from keras_vrae import evaluation
from keras_vrae.validation import SettingError


def few_labels(train, test, **settings):
    """The mean accuracy with one labelled point."""
    return evaluation.few_label_knn_accuracy(train, test, num_labels=1, **settings).mean


PROBES = (evaluation.knn_accuracy, evaluation.linear_probe_accuracy, few_labels)


@pytest.fixture
def clusters():
    """Labelled points around three centres, far apart."""
    rng = np.random.default_rng(0)
    labels = np.arange(300) % 3
    centres = np.array([[0, 0], [10, 0], [0, 10]])
    return centres[labels] + rng.normal(size=(300, 2)), labels


def test_separate_clusters_are_recognized(clusters):
    codes, labels = clusters
    train, test = (codes[:200], labels[:200]), (codes[200:], labels[200:])
    assert evaluation.knn_accuracy(train, test) == 1.0
    assert evaluation.linear_probe_accuracy(train, test) == 1.0


def test_labels_without_relation_are_guessed(clusters):
    codes, labels = clusters
    labels = np.random.default_rng(1).permutation(labels)
    train, test = (codes[:200], labels[:200]), (codes[200:], labels[200:])
    for accuracy in (evaluation.knn_accuracy, evaluation.linear_probe_accuracy):
        assert 0.15 < accuracy(train, test) < 0.55


def test_knn_against_a_direct_count(clusters):
    codes, labels = clusters
    codes = codes * [1, 0.05]
    train, test = (codes[:200], labels[:200]), (codes[200:], labels[200:])
    distances = np.linalg.norm(test[0][:, None] - train[0][None], axis=-1)
    nearest = np.argsort(distances, axis=1)[:, :7]
    votes = [np.bincount(train[1][row], minlength=3).argmax() for row in nearest]
    assert evaluation.knn_accuracy(train, test, 7) == pytest.approx(np.mean(votes == test[1]))


def test_a_ring_is_near_but_not_linear():
    angle = np.linspace(0, 2 * np.pi, 400)
    radius = np.where(np.arange(400) % 2, 1.0, 3.0)
    codes, labels = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), radius > 2
    part = slice(None, None, 3), slice(1, None, 3)
    train, test = ((codes[s], labels[s]) for s in part)
    assert evaluation.knn_accuracy(train, test) == 1.0
    assert evaluation.linear_probe_accuracy(train, test) < 0.7


@pytest.mark.parametrize("probe", PROBES)
def test_a_probe_that_knows_one_class_is_right_on_that_class(probe):
    train = np.array([[0.0, 1.0], [2.0, 1.0], [5.0, 3.0]]), np.array([4, 4, 4])
    test = np.zeros((5, 2)), np.array([4, 1, 4, 4, 0])
    assert probe(train, test) == pytest.approx(0.6)
    one = np.ones((1, 2)), np.array([4])
    assert probe(one, one) == 1.0
    assert probe(one, test) == pytest.approx(0.6)


PAIR = np.zeros((4, 2)), np.array([0, 1, 0, 1])


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ((np.zeros((0, 2)), []), PAIR, r"`train\[0\]` must be a non-empty .*\(0, 2\)"),
        (PAIR, (np.zeros((0, 2)), []), r"`test\[0\]` must be a non-empty"),
        (PAIR, (np.zeros((4, 3)), PAIR[1]), r"`test\[0\]` must be of 2 columns.*=3"),
        ((PAIR[0], [0, 1]), PAIR, r"`train\[1\]` must be one class for each of 4 codes"),
        (PAIR, (np.full((4, 2), np.nan), PAIR[1]), r"`test\[0\]` must be of finite numbers"),
    ],
)
def test_invalid_codes_and_labels_are_refused_by_every_probe(probe, train, test, message):
    with pytest.raises(SettingError, match=message):
        probe(train, test)


@pytest.mark.parametrize("probe", [evaluation.knn_accuracy, few_labels])
def test_invalid_numbers_of_neighbours_are_refused(probe):
    with pytest.raises(SettingError, match="`num_neighbors` must be"):
        probe(PAIR, PAIR, num_neighbors=0)


def test_active_units():
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(5000, 4)) * [1.0, 0.11, 0.09, 0.0]
    assert evaluation.active_units(codes) == 2


@pytest.mark.parametrize("num_samples", [1, 3, 9000])
def test_elbo_estimate_repeats_itself_and_leaves_the_model_alone(num_samples):
    model = kv.build("gru", (4, 3), hidden_units=8, seed=0)
    x = np.random.default_rng(0).random((7, 4, 3))
    state = np.asarray(model.sampling.seed_generator.state)
    one = evaluation.elbo_estimate(model, x, num_samples, seed=2)
    two = evaluation.elbo_estimate(model, x, num_samples, seed=2)
    other = evaluation.elbo_estimate(model, x, num_samples, seed=3)
    np.testing.assert_array_equal(model.sampling.seed_generator.state, state)
    np.testing.assert_array_equal(one["elbo"], two["elbo"])
    assert np.abs(one["elbo"] - other["elbo"]).max() > 0
    np.testing.assert_array_equal(one["kl"], other["kl"])
    np.testing.assert_allclose(one["elbo"], -(one["reconstruction"] + one["kl"]), rtol=1e-6)
    assert {values.shape for values in one.values()} == {(7,)}


@pytest.mark.parametrize(("name", "settings"), [("num_samples", (0, 0)), ("seed", (1, -1))])
def test_elbo_estimate_refuses_invalid_settings(name, settings):
    model = kv.build("dense", (4, 3), hidden_units=8)
    with pytest.raises(SettingError, match=f"`{name}` must be"):
        evaluation.elbo_estimate(model, np.zeros((2, 4, 3)), *settings)
