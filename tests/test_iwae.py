"""Importance-weighted bounds against a world whose marginal likelihood is known exactly."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from linear_gaussian import SCALE, exact_model, make_world, wrong_model

import keras_vrae as kv
from keras_vrae.encoders import Posterior
from keras_vrae.layers import GradientGate

REPEATS = 20_000


@pytest.fixture(scope="module")
def world():
    return make_world()


@pytest.fixture(scope="module")
def example(world):
    return world.marginal.rvs(1, random_state=5).astype("float32")


def losses_and_gradients(world, example, objective):
    """The loss of one example under much independent noise, and its gradients in the posterior.

    Returns:
        `(losses (R,), gradients (R, 2 Z))`.
    """
    model = wrong_model(world.weights, world.offset, objective)
    x = np.repeat(example[None], REPEATS, axis=0)
    posterior = Posterior(*map(tf.constant, model.encode(x)))
    with tf.GradientTape() as tape:
        tape.watch(posterior)
        terms = terms_of(model, x, posterior=posterior)
        losses = objective(terms)
    return losses.numpy(), np.concatenate(tape.gradient(losses, list(posterior)), axis=1)


def terms_of(model, x, **options):
    """The terms of the model's objective, from noise that is always the same."""
    gate = GradientGate() if model.objective.doubly_reparameterized else None
    noise = keras.random.SeedGenerator(1)
    batch, size = model.batch_of((x,)), model.objective.num_samples
    options["analytic_kl"] = model.objective.analytic_kl
    return model.elbo_terms(batch, size, noise=noise, gate=gate, **options)


def standard_error(values):
    return values.std(axis=0) / np.sqrt(len(values))


def test_one_sample_gives_the_sampled_bound(world, example):
    iwae, elbo = (
        losses_and_gradients(world, example, objective)
        for objective in (kv.IWAE(1), kv.ELBO(analytic_kl=False))
    )
    for ours, theirs in zip(iwae, elbo, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_the_bound_tightens_with_samples_and_stays_a_bound(world, example):
    exact = -world.marginal.logpdf(example)
    losses = {k: losses_and_gradients(world, example, kv.IWAE(k))[0] for k in (1, 3, 10, 50)}
    gaps = [values.mean() - exact for values in losses.values()]
    errors = [standard_error(values) for values in losses.values()]
    assert all(earlier > 1.5 * later for earlier, later in itertools.pairwise(gaps))
    assert gaps[-1] > -4 * errors[-1]
    assert gaps[0] > 0.1


def test_exact_posterior_leaves_no_gap_at_any_number_of_samples(world, example):
    for k in (1, 5):
        model = exact_model(world.weights, world.offset, kv.IWAE(k))
        loss = model.training_losses(model.batch_of((example[None],)), 0)[0]
        # All importance weights are p(x), so there is no noise either.
        assert float(loss[0]) == pytest.approx(-world.marginal.logpdf(example), abs=1e-4)


@pytest.mark.parametrize("k", [1, 2, 8, 32])
def test_dreg_has_the_expectation_of_the_plain_gradient_and_less_variance(world, example, k):
    plain_losses, plain = losses_and_gradients(world, example, kv.IWAE(k))
    dreg_losses, dreg = losses_and_gradients(world, example, kv.IWAE(k, True))
    np.testing.assert_allclose(dreg_losses, plain_losses, rtol=1e-5, atol=1e-5)
    error = np.hypot(standard_error(plain), standard_error(dreg))
    assert np.all(np.abs(plain.mean(axis=0) - dreg.mean(axis=0)) < 4 * error)
    assert np.all(np.abs(dreg.mean(axis=0)) > 8 * standard_error(dreg))  # There is a gradient.
    assert np.all(dreg.var(axis=0) < plain.var(axis=0))


def test_expectation_of_the_gradient_of_one_sample_is_the_closed_form(world, example):
    # With a linear decoder the bound is quadratic in the posterior's parameters.
    model = wrong_model(world.weights, world.offset)
    mean, log_var = (values[0].astype("float64") for values in model.encode(example[None]))
    error = world.weights @ mean + world.offset - example
    squares = np.sum(world.weights**2, axis=0)
    in_mean = world.weights.T @ error / SCALE**2 + mean
    in_log_var = 0.5 * np.exp(log_var) * (squares / SCALE**2 + 1) - 0.5
    expected = np.concatenate([in_mean, in_log_var])
    for objective in (kv.ELBO(), kv.IWAE(1), kv.IWAE(1, doubly_reparameterized=True)):
        _, gradients = losses_and_gradients(world, example, objective)
        distance = np.abs(gradients.mean(axis=0) - expected)
        assert np.all(distance < 4 * standard_error(gradients) + 1e-4)


def test_dreg_leaves_the_decoder_its_plain_gradient(world, example):
    found = []
    for objective in (kv.IWAE(7), kv.IWAE(7, doubly_reparameterized=True)):
        model = wrong_model(world.weights, world.offset, objective)
        with tf.GradientTape() as tape:
            terms = terms_of(model, example[None])
            loss = tf.reduce_mean(objective(terms))
        found.append(tape.gradient(loss, model.decoder.trainable_weights))
    for plain, dreg in zip(*found, strict=True):
        np.testing.assert_allclose(plain, dreg, rtol=1e-4, atol=1e-6)
