"""The importance-weighted likelihood against exact and integrated ones."""

import keras
import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats
from linear_gaussian import SCALE, D, make_world, wrong_model

import keras_vrae as kv
from keras_vrae.evaluation import elbo_estimate, importance_nll
from keras_vrae.evaluation.likelihood import add_weights, summarize
from keras_vrae.validation import SettingError


@pytest.fixture(scope="module")
def world():
    return make_world()


@pytest.mark.parametrize("num_samples", [300, 5000])
def test_equals_the_exact_marginal_within_its_standard_error(world, num_samples):
    x = world.marginal.rvs(150, random_state=1)
    model = wrong_model(world.weights, world.offset)
    estimate = importance_nll(model, x, num_samples)
    distance = (estimate.nll + world.marginal.logpdf(x)) / estimate.standard_error
    assert estimate.standard_error.mean() == pytest.approx(1 / np.sqrt(num_samples), rel=0.8)
    assert np.abs(distance).max() < 5
    assert 0.85 < distance.std() < 1.15  # The errors are as large as they are said to be.
    mean_distance = estimate.mean + world.marginal.logpdf(x).mean()
    assert abs(mean_distance) < 4 * estimate.standard_error_of_mean


def test_equals_the_exact_marginal_of_a_mixture_prior(world):
    plain, prior = wrong_model(world.weights, world.offset), kv.MixtureOfGaussians(2)
    model = kv.VAE(plain.encoder, plain.decoder, plain.likelihood, prior=prior)
    means, variances = np.array([[-0.8, 0.3], [0.6, -0.2]]), np.array([[0.5, 1.2], [0.9, 0.4]])
    prior.means.assign(means)
    prior.log_vars.assign(np.log(variances))
    prior.logits.assign(np.log([0.3, 0.7]))
    parts = [
        scipy.stats.multivariate_normal(
            world.weights @ mean + world.offset,
            world.weights @ np.diag(variance) @ world.weights.T + SCALE**2 * np.eye(D),
        )
        for mean, variance in zip(means, variances, strict=True)
    ]
    x = np.vstack([part.rvs(40, random_state=3) for part in parts])
    exact = np.logaddexp(np.log(0.3) + parts[0].logpdf(x), np.log(0.7) + parts[1].logpdf(x))
    estimate = importance_nll(model, x, 5000)
    assert np.abs((estimate.nll + exact) / estimate.standard_error).max() < 5
    # The same prior in the bound: its KL by integration over the exact posterior of each z.
    bound = elbo_estimate(model, x, 4000)
    q = scipy.stats.norm(model.encode(x).z_mean, np.exp(0.5 * model.encode(x).z_log_var))
    z = q.rvs((4000, *q.mean().shape), random_state=4)
    densities = [
        scipy.stats.norm.logpdf(z, mean, np.sqrt(variance)).sum(axis=-1)
        for mean, variance in zip(means, variances, strict=True)
    ]
    log_prior = np.logaddexp(np.log(0.3) + densities[0], np.log(0.7) + densities[1])
    ratio = q.logpdf(z).sum(axis=-1) - log_prior
    error = ratio.std(axis=0) / np.sqrt(4000)
    assert np.abs((bound["kl"] - ratio.mean(axis=0)) / error).max() < 5 * np.sqrt(2)
    assert estimate.mean < -bound["elbo"].mean()


def test_equals_the_integral_over_a_one_dimensional_latent_space():
    keras.utils.set_random_seed(3)
    model = kv.build("gru", (4, 5), latent_dim=1, hidden_units=16, seed=0)
    for weight in model.decoder.trainable_weights:
        weight.assign(2.0 * weight)
    x = (np.random.default_rng(0).random((6, 4, 5)) < 0.5).astype("float32")
    estimate = importance_nll(model, x, 20_000)
    grid = np.linspace(-9, 9, 4001)
    logits = np.asarray(model.decoder(grid[:, None].astype("float32")), "float64")
    for example, nll, error in zip(x, *estimate, strict=True):
        log_terms = scipy.special.log_expit(np.where(example == 1, logits, -logits))
        log_joint = log_terms.sum(axis=(1, 2)) + scipy.stats.norm.logpdf(grid)
        exact = np.log(scipy.integrate.simpson(np.exp(log_joint), x=grid))
        assert nll == pytest.approx(-exact, abs=5 * float(error) + 1e-3)


def test_is_closer_than_the_bound_and_repeats_itself(world):
    x = world.marginal.rvs(20, random_state=2)
    model = wrong_model(world.weights, world.offset)
    state = np.asarray(model.sampling.seed_generator.state)
    one, two, other = (importance_nll(model, x, 200, seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(model.sampling.seed_generator.state, state)
    np.testing.assert_array_equal(one.nll, two.nll)
    assert np.abs(one.nll - other.nll).max() > 0
    bound = elbo_estimate(model, x, 200)["elbo"]
    assert one.mean < -bound.mean()


def test_one_sample_is_a_sampled_bound_and_has_no_spread(world):
    x = world.marginal.rvs(20, random_state=2)
    estimate = importance_nll(wrong_model(world.weights, world.offset), x, 1)
    assert np.isfinite(estimate.nll).all()
    np.testing.assert_allclose(estimate.standard_error, 0, atol=1e-3)


def test_chunks_add_up_to_the_whole_for_weights_of_any_size():
    rng = np.random.default_rng(0)
    log_weights = (rng.normal(size=(23, 5)) * [0, 1, 5, 300, 1] - [0, 0, 0, 9000, 1e3]).astype("f4")
    nothing = np.zeros(5, "float32")
    state = nothing - np.inf, nothing, nothing
    for part in (log_weights[:10], log_weights[10:20], log_weights[20:]):
        state = add_weights(state, part)
    nll, error = map(np.asarray, summarize(state, 23))
    exact = scipy.special.logsumexp(log_weights.astype("float64"), axis=0) - np.log(23)
    np.testing.assert_allclose(nll, -exact, rtol=1e-6, atol=1e-5)
    weights = np.exp(log_weights.astype("float64") + nll)
    np.testing.assert_allclose(error, weights.std(axis=0) / np.sqrt(23), rtol=1e-2, atol=1e-3)


def test_the_number_of_samples_takes_no_memory(world):
    # A million samples of one example at once would be an array of 24 MB; they come in chunks.
    model = wrong_model(world.weights, world.offset)
    sizes = []
    decode = model.decoder.call
    model.decoder.call = lambda z, **rest: sizes.append(z.shape[0]) or decode(z, **rest)
    importance_nll(model, world.marginal.rvs(3, random_state=2), 12_345)
    assert max(sizes) <= 10


@pytest.mark.parametrize(("name", "settings"), [("num_samples", (0, 0)), ("seed", (1, -1))])
def test_invalid_arguments_are_refused(name, settings):
    model = kv.build("dense", (4, 3), hidden_units=8)
    with pytest.raises(SettingError, match=f"`{name}` must be"):
        importance_nll(model, np.zeros((2, 4, 3)), *settings)
    with pytest.raises(SettingError, match="`x` must be of shape"):
        importance_nll(model, np.zeros((2, 3, 4)))
