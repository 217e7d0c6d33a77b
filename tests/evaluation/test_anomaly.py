"""Scores of anomalies."""

import numpy as np
import pytest

import keras_vrae as kv
from keras_vrae import evaluation
from keras_vrae.evaluation import anomaly
from keras_vrae.validation import SettingError


@pytest.mark.slow
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


class TripleKL(kv.VAE):
    """A model whose bound has three times the KL."""

    def elbo_terms(self, *args, **kwargs):
        terms = super().elbo_terms(*args, **kwargs)
        return terms._replace(kl=3.0 * terms.kl)


@pytest.mark.slow
@pytest.mark.parametrize("prior", ["normal", "mixture"])
def test_scores_are_of_the_bound_of_the_model(prior):
    encoder, decoder = kv.GRUEncoder(2, 6), kv.GRUDecoder((None, 2), 6)
    model = TripleKL(encoder, decoder, "gaussian", prior=prior)
    arrays = [np.random.default_rng(0).normal(size=(steps, 2)) for steps in (4, 1, 6)]
    scores = anomaly.anomaly_scores(model, arrays, num_samples=5, seed=3)
    bound = evaluation.elbo_estimate(model, arrays, num_samples=5, seed=3)
    np.testing.assert_allclose(np.nansum(scores.per_step, axis=1), -bound["elbo"], rtol=1e-5)
    plain = kv.VAE(encoder, decoder, model.likelihood, prior=model.prior)
    expected = 3 * evaluation.elbo_estimate(plain, arrays, num_samples=5, seed=3)["kl"]
    np.testing.assert_allclose(bound["kl"], expected, rtol=1e-5)
    if prior == "normal":
        z_mean, z_log_var = model.encode(arrays)
        kl = 0.5 * (z_mean**2 + np.exp(z_log_var) - 1 - z_log_var).sum(axis=1)
        np.testing.assert_allclose(bound["kl"], 3 * kl, rtol=1e-5)


def test_one_example_has_a_score():
    model = kv.build("gru", (4, 2), hidden_units=6, likelihood="gaussian", seed=0)
    scores = anomaly.anomaly_scores(model, np.zeros((1, 4, 2)))
    assert (scores.per_step.shape, scores.per_example.shape) == ((1, 4), (1,))


@pytest.mark.parametrize("shape", [(3,), (0, 4, 2), (3, 0, 2), (3, 5, 2)])
def test_invalid_examples_are_refused(shape):
    model = kv.build("gru", (4, 2), hidden_units=6, likelihood="gaussian")
    for scores in (anomaly.anomaly_scores, anomaly.importance_scores):
        with pytest.raises(SettingError, match="`x` must be"):
            scores(model, np.zeros(shape), num_samples=2)


def test_metrics_are_those_of_counting():
    train = np.arange(100.0)
    scores, truth = [50.0, 99.0, 96.0, 10.0, 97.0], [False, True, True, True, False]
    metrics = anomaly.anomaly_metrics(train, scores, truth, quantile=0.95)
    assert metrics["threshold"] == pytest.approx(94.05)
    assert metrics["precision"] == pytest.approx(2 / 3)
    assert metrics["recall"] == pytest.approx(2 / 3)
    pairs = [(a > b) for a in (99, 96, 10) for b in (50, 97)]
    assert metrics["auroc"] == pytest.approx(np.mean(pairs))


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


@pytest.mark.parametrize(
    ("train", "test", "name"),
    [([], [1, 2], "train_scores"), ([1, 2], [], "test_scores"), ([1], [1, np.nan], "test_scores")],
)
def test_empty_scores_and_nan_are_refused(train, test, name):
    with pytest.raises(SettingError, match=f"`{name}` must be one finite score or more"):
        anomaly.anomaly_metrics(train, test, [True, False][: len(test)])


def test_one_training_example_is_a_baseline():
    x = np.random.default_rng(0).normal(size=(5, 4, 2))
    train, test = anomaly.pca_scores(x[:1], x)
    assert train == pytest.approx([0.0])
    # Nothing is known but the one example, so that the error is the distance from it.
    expected = (((x - x[:1]) / x[0].std(axis=0)) ** 2).mean(axis=(1, 2))
    np.testing.assert_allclose(test, expected)
