"""Closed forms against SciPy and against Monte Carlo."""

import numpy as np
import pytest
import scipy.stats
from keras import ops

from keras_vrae import numerics


def test_gaussian_kl_against_monte_carlo():
    rng = np.random.default_rng(0)
    mean, log_var = np.array([0.7, -1.2]), np.array([-0.5, 1.1])
    q = scipy.stats.norm(mean, np.exp(0.5 * log_var))
    z = q.rvs((400_000, 2), random_state=rng)
    estimates = q.logpdf(z) - scipy.stats.norm.logpdf(z)
    error = estimates.std(axis=0) / np.sqrt(len(z))
    kl = ops.convert_to_numpy(numerics.gaussian_kl(mean, log_var))
    assert np.all(np.abs(kl - estimates.mean(axis=0)) < 4 * error)


def test_gaussian_kl_is_zero_at_the_prior_and_positive_elsewhere():
    assert float(numerics.gaussian_kl(0.0, 0.0)) == 0.0
    grid = np.meshgrid(np.linspace(-2, 2, 9), np.linspace(-3, 3, 9))
    kl = ops.convert_to_numpy(numerics.gaussian_kl(*grid))
    assert (kl >= 0).all()
    assert (kl == 0).sum() == 1


@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
def test_gaussian_log_prob_against_scipy(scale):
    x = np.linspace(-3, 3, 13)
    ours = numerics.gaussian_log_prob(x, 0.4, np.log(scale))
    np.testing.assert_allclose(ours, scipy.stats.norm.logpdf(x, 0.4, scale), rtol=1e-6)


def test_bernoulli_log_prob_against_scipy():
    logits = np.linspace(-8, 8, 17)
    probabilities = scipy.special.expit(logits)
    for x in (0, 1):
        ours = numerics.bernoulli_log_prob(float(x), logits)
        np.testing.assert_allclose(ours, scipy.stats.bernoulli.logpmf(x, probabilities), rtol=1e-6)


def test_bernoulli_log_prob_is_finite_for_any_logits():
    logits = np.array([-1e6, -100.0, 100.0, 1e6], "float32")
    for x in (0.0, 0.3, 1.0):
        assert np.isfinite(numerics.bernoulli_log_prob(x, logits)).all()


def test_sum_event_axes():
    values = np.ones((2, 3, 4, 5))
    np.testing.assert_array_equal(numerics.sum_event_axes(values, 2), np.full((2, 3), 20.0))
