"""Scores of anomalies."""

import numpy as np
import pytest

import keras_vrae as kv
from keras_vrae import evaluation
from keras_vrae.evaluation import anomaly
from keras_vrae.validation import SettingError


def test_steps_add_up_to_the_bound_of_each_sequence():
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(steps, 2)) for steps in (4, 1, 6)]
    model = kv.build("gru", (None, 2), hidden_units=6, likelihood="gaussian", decoder="gru", seed=0)
    scores = anomaly.anomaly_scores(model, arrays, num_samples=400)
    bound = evaluation.elbo_estimate(model, arrays, num_samples=400)["elbo"]
    np.testing.assert_allclose(np.nansum(scores.per_step, axis=1), -bound, rtol=0.02)
    lengths = [len(array) for array in arrays]
    assert (~np.isnan(scores.per_step)).sum(axis=1).tolist() == lengths
    np.testing.assert_allclose(scores.per_example * lengths, -bound, rtol=0.02)
    strange = [array.copy() for array in arrays]
    strange[2][3] += 30
    steps = anomaly.anomaly_scores(model, strange).per_step[2]
    assert np.nanargmax(steps) == 3


def test_figures_are_those_of_counting():
    train = np.arange(100.0)
    scores, truth = [50.0, 99.0, 96.0, 10.0, 97.0], [False, True, True, True, False]
    figures = anomaly.anomaly_metrics(train, scores, truth, quantile=0.95)
    assert figures["threshold"] == pytest.approx(94.05)
    assert figures["precision"] == pytest.approx(2 / 3)
    assert figures["recall"] == pytest.approx(2 / 3)
    pairs = [(a > b) for a in (99, 96, 10) for b in (50, 97)]
    assert figures["auroc"] == pytest.approx(np.mean(pairs))


def test_test_scores_do_not_move_the_threshold():
    first = anomaly.anomaly_metrics([0, 1, 2], [5, 0], [True, False])
    second = anomaly.anomaly_metrics([0, 1, 2], [500, -9], [True, False])
    assert first["threshold"] == second["threshold"]


def test_pca_finds_what_leaves_the_plane_of_the_training_part():
    rng = np.random.default_rng(0)
    basis = rng.normal(size=(2, 12))
    inside = (rng.normal(size=(60, 2)) @ basis).reshape(60, 6, 2)
    outside = inside[:10] + rng.normal(size=(10, 6, 2))
    train, test = anomaly.pca_scores(inside[10:], np.concatenate([inside[:10], outside]), 2)
    assert train.max() < 1e-9
    assert test[:10].max() < 1e-9 < test[10:].min()
    lengths = {"x": inside, "lengths": np.full(60, 3)}
    changed = {"x": np.where(np.arange(6)[:, None] < 3, inside, 99.0), "lengths": np.full(60, 3)}
    np.testing.assert_allclose(*(anomaly.pca_scores(lengths, x)[1] for x in (lengths, changed)))


def test_anomalies_of_one_kind_are_refused():
    with pytest.raises(SettingError, match="some True and some False"):
        anomaly.anomaly_metrics([1, 2], [1, 2], [False, False])


@pytest.mark.slow
def test_importance_scores_are_below_those_of_the_bound():
    model = kv.build("gru", (6, 2), hidden_units=6, likelihood="gaussian", decoder="gru", seed=0)
    x = np.random.default_rng(0).normal(size=(8, 6, 2))
    scores = anomaly.importance_scores(model, x, num_samples=200)
    assert scores.per_step is None
    bound = anomaly.anomaly_scores(model, x, num_samples=200).per_example
    assert scores.per_example.mean() < bound.mean()
    np.testing.assert_allclose(scores.per_example, bound, rtol=0.2)


def test_sequences_longer_than_those_of_training_are_compared_too():
    train, test = np.ones((4, 3, 2)), np.ones((2, 5, 2))
    train[::2] = 3
    rows = anomaly.flat_features(train, test)
    assert [part.shape for part in rows] == [(4, 10), (2, 10)]
    assert not rows[0][:, 6:].any()
    np.testing.assert_array_equal(rows[1], -np.ones((2, 10)))
