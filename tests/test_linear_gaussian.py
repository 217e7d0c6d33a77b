"""The bound against a model whose marginal likelihood is known exactly.

The best fit to data is probabilistic PCA (Tipping and Bishop, 1999): no variational step in it.
"""

import keras
import numpy as np
import pytest
from gradients import to_numpy
from linear_gaussian import D, Z, exact_model, make_world

import keras_vrae as kv
from keras_vrae.evaluation import elbo_estimate


@pytest.fixture(scope="module")
def world():
    return make_world()


def test_bound_is_the_marginal_if_the_posterior_is_exact(world):
    weights, offset, marginal = world
    x = marginal.rvs(20, random_state=1)
    model = exact_model(weights, offset)
    terms = model.elbo_terms(model.batch_of((x,)), num_samples=20_000)
    log_likelihood = to_numpy(terms.log_likelihood)
    error = log_likelihood.std(axis=0) / np.sqrt(len(log_likelihood))
    assert np.all(np.abs(to_numpy(terms.elbo) - marginal.logpdf(x)) < 4 * error + 1e-4)


def test_gap_of_a_wrong_posterior_is_its_divergence_from_the_exact_one(world):
    weights, offset, marginal = world
    x = marginal.rvs(20, random_state=1)
    model = exact_model(weights, offset)
    exact = model.encode(x)
    kernel, bias = model.encoder.z_mean_head.get_weights()
    model.encoder.z_mean_head.set_weights([kernel * 0.8, bias + 0.1])
    wrong = model.encode(x)
    # KL(N(m, v) || N(m0, v)) = (m - m0)^2 / (2 v)
    gap = np.sum((wrong.z_mean - exact.z_mean) ** 2 / (2 * np.exp(exact.z_log_var)), axis=1)
    terms = elbo_estimate(model, x, num_samples=20_000, seed=0)
    assert gap.min() > 0.001
    np.testing.assert_allclose(marginal.logpdf(x) - terms["elbo"], gap, atol=0.08)
    assert abs(np.mean(marginal.logpdf(x) - terms["elbo"] - gap)) < 0.02


@pytest.mark.slow
def test_training_reaches_the_optimum_of_probabilistic_pca(world):
    *_, marginal = world
    x = marginal.rvs(2000, random_state=2).astype("float32")
    eigenvalues = np.linalg.eigvalsh(np.cov(x.T, bias=True))[::-1]
    noise = eigenvalues[Z:].mean()
    log_det = np.log(eigenvalues[:Z]).sum() + (D - Z) * np.log(noise)
    optimum = -0.5 * (D * np.log(2 * np.pi) + log_det + D)

    keras.utils.set_random_seed(2)
    encoder = kv.DenseEncoder(Z, hidden_units=D, num_layers=1, activation="linear")
    decoder = kv.DenseDecoder((D,), hidden_units=8, num_layers=1, activation="linear")
    likelihood = kv.Gaussian(initial_scale=0.5)
    model = kv.VAE(encoder, decoder, likelihood, kv.ELBO(num_samples=4), seed=0)
    schedule = keras.optimizers.schedules.CosineDecay(0.03, decay_steps=80 * 20)
    steps = 1 if keras.backend.backend() == "torch" else 20
    model.compile(keras.optimizers.Adam(schedule), steps_per_execution=steps)
    model.fit(x, batch_size=100, epochs=80, verbose=0)
    reached = elbo_estimate(model, x, num_samples=200, seed=0)["elbo"].mean()
    assert optimum - 0.05 < reached < optimum + 0.01
    assert np.exp(to_numpy(model.likelihood.learned_log_scale)) == pytest.approx(
        np.sqrt(noise), rel=0.05
    )
