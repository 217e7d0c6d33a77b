"""Measures of the latent space against numerical integration."""

import tracemalloc

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from keras import ops

import keras_vrae as kv
from keras_vrae.evaluation import latent
from keras_vrae.evaluation.latent import kl_per_dimension, mutual_information
from keras_vrae.validation import SettingError

# Five posteriors of one dimension: two alike, one wide, one narrow, one away from the others.
MEANS = np.array([-0.4, -0.4, 0.5, 0.9, 3.0])
LOG_VARS = np.array([-0.7, -0.7, 1.1, -3.0, -1.2])
FEW = MEANS[:, None], LOG_VARS[:, None]
GRID = np.linspace(-40, 40, 400_001)


def log_densities(means, log_vars):
    """Of each posterior, and of their aggregate, on the grid."""
    each = scipy.stats.norm.logpdf(GRID, means[:, None], np.exp(0.5 * log_vars)[:, None])
    return each, np.log(np.mean(np.exp(each), axis=0) + 1e-300)


def integrated_information(means, log_vars):
    """The entropy of the aggregate less the mean entropy of the posteriors."""
    _, aggregate = log_densities(means, log_vars)
    entropy = -scipy.integrate.trapezoid(np.exp(aggregate) * aggregate, GRID)
    return entropy - np.mean(0.5 * (np.log(2 * np.pi * np.e) + log_vars))


def random_posteriors(count, size, seed=0, log_var=-1.0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, size)), log_var + rng.normal(size=(count, size))


def test_kl_per_dimension_against_quadrature():
    z_mean, z_log_var = np.array([[0.3, -2.0], [1.4, 0.0]]), np.array([[-1.0, 0.8], [-4.0, 0.0]])

    def divergence(mean, log_var):
        q = scipy.stats.norm(mean, np.exp(0.5 * log_var))

        def integrand(z):
            return q.pdf(z) * (q.logpdf(z) - scipy.stats.norm.logpdf(z))

        ends = mean - 12 * q.std(), mean + 12 * q.std()
        return scipy.integrate.quad(integrand, *ends, epsabs=1e-12)[0]

    expected = np.vectorize(divergence)(z_mean, z_log_var).mean(axis=0)
    kl = kl_per_dimension(z_mean, z_log_var)
    np.testing.assert_allclose(kl, expected, rtol=1e-9)
    assert (type(kl), kl.shape, kl.dtype) == (np.ndarray, (2,), np.float64)


def test_kl_of_float32_codes_is_taken_in_float64():
    codes = [array.astype(np.float32) for array in random_posteriors(50, 3)]
    exact = kl_per_dimension(*(array.astype(np.float64) for array in codes))
    kl = kl_per_dimension(*codes)
    assert kl.dtype == np.float64
    np.testing.assert_allclose(kl, exact, rtol=1e-13)


def test_a_dimension_at_the_prior_has_no_kl():
    kl = kl_per_dimension(np.array([[0.0, 2.0], [0.0, -2.0]]), np.zeros((2, 2)))
    np.testing.assert_array_equal(kl, [0.0, 2.0])


class Laplace(kv.Prior):
    """Independent Laplace distributions with scale 1, without a closed form of the KL."""

    factorizes = True

    def log_prob_per_dimension(self, z):
        return -ops.abs(z) - np.log(2.0)


def test_kl_of_another_prior_against_quadrature():
    z_mean, z_log_var = np.array([[0.3, -2.0], [1.4, 0.0]]), np.array([[-1.0, 0.8], [-4.0, 0.0]])

    def divergence(mean, log_var):
        q = scipy.stats.norm(mean, np.exp(0.5 * log_var))
        z = np.linspace(*q.interval(1 - 1e-12), 20_001)
        ratio = q.logpdf(z) - scipy.stats.laplace.logpdf(z)
        return scipy.integrate.trapezoid(q.pdf(z) * ratio, z)

    expected = np.vectorize(divergence)(z_mean, z_log_var).mean(axis=0)
    kl = kl_per_dimension(z_mean, z_log_var, Laplace(), num_samples=40_000)
    np.testing.assert_allclose(kl, expected, atol=0.02)


def test_kl_per_dimension_needs_a_prior_that_factorizes():
    with pytest.raises(SettingError, match=r"`prior` must be one that factorizes.*Mixture"):
        kl_per_dimension(np.zeros((2, 1)), np.zeros((2, 1)), kv.MixtureOfGaussians(2))


@pytest.mark.parametrize("z_mean", [np.zeros((0, 2)), np.zeros(3), [[np.nan]]])
def test_active_units_of_invalid_codes(z_mean):
    with pytest.raises(SettingError, match="`z_mean` must be"):
        latent.active_units(z_mean)


def test_one_example_has_no_active_units_and_no_information():
    assert latent.active_units([[3.0, 5.0]]) == 0
    assert mutual_information([[3.0, 5.0]], [[0.0, 0.0]]) == pytest.approx(0.0, abs=1e-12)


def test_mutual_information_against_integration():
    information = mutual_information(*FEW, num_samples=40_000)
    assert isinstance(information, float)
    assert information == pytest.approx(integrated_information(MEANS, LOG_VARS), abs=0.006)


def test_independent_dimensions_add_up():
    # Every pair of a posterior in the one dimension and one in the other is an example.
    means, log_vars = np.array([-1.0, 0.2, 1.5]), np.array([-0.5, -2.0, 0.3])
    z_mean = np.stack(np.meshgrid(MEANS, means), axis=-1).reshape(15, 2)
    z_log_var = np.stack(np.meshgrid(LOG_VARS, log_vars), axis=-1).reshape(15, 2)
    expected = integrated_information(MEANS, LOG_VARS) + integrated_information(means, log_vars)
    assert mutual_information(z_mean, z_log_var, num_samples=15_000) == pytest.approx(
        expected, abs=0.01
    )


def test_mean_kl_is_information_and_divergence_of_the_aggregate():
    _, aggregate = log_densities(MEANS, LOG_VARS)
    from_prior = aggregate - scipy.stats.norm.logpdf(GRID)
    divergence = scipy.integrate.trapezoid(np.exp(aggregate) * from_prior, GRID)
    (kl,) = kl_per_dimension(*FEW)
    assert kl == pytest.approx(integrated_information(MEANS, LOG_VARS) + divergence, abs=1e-8)
    estimate = mutual_information(*FEW, num_samples=40_000, seed=1) + divergence
    assert kl == pytest.approx(estimate, abs=0.006)


@pytest.mark.parametrize("size", [1, 7])
def test_posteriors_that_are_alike_hold_nothing(size):
    alike = np.full((60, size), 1.3), np.full((60, size), -0.8)
    assert mutual_information(*alike, num_samples=5) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("log_var", [0.0, -12.0])
def test_posteriors_far_apart_tell_every_example(log_var):
    z_mean = 100.0 * np.arange(80).reshape(40, 2)
    information = mutual_information(z_mean, np.full((40, 2), log_var))
    assert information == pytest.approx(np.log(40), abs=1e-12)


def test_copies_are_not_separated():
    z_mean, z_log_var = random_posteriors(40, 3, log_var=-20.0)
    twice = np.tile(z_mean, (2, 1)), np.tile(z_log_var, (2, 1))
    assert mutual_information(*twice, num_samples=3) == pytest.approx(np.log(40), abs=1e-5)


@pytest.mark.parametrize("log_var", [-40.0, -60.0, -200.0])
def test_copies_too_narrow_for_double_precision_do_no_great_harm(log_var):
    z_mean, z_log_var = random_posteriors(40, 3, log_var=log_var)
    information = mutual_information(np.tile(z_mean, (2, 1)), np.tile(z_log_var, (2, 1)))
    assert np.log(80) - 3.0 < information <= np.log(80)


@pytest.mark.parametrize("log_var", [-1.0, -9.0, -60.0, -250.0])
def test_no_more_than_the_logarithm_of_the_number_of_examples(log_var):
    information = mutual_information(*random_posteriors(300, 20, log_var=log_var))
    assert 5.0 < information <= np.log(300)


def test_the_order_of_the_examples_does_not_matter():
    order = np.random.default_rng(3).permutation(30)
    codes = random_posteriors(30, 2)
    one = mutual_information(*codes, num_samples=4000)
    two = mutual_information(*(array[order] for array in codes), num_samples=4000)
    assert one != two
    assert one == pytest.approx(two, abs=0.015)


def test_units_and_origin_of_the_codes_do_not_matter():
    z_mean, z_log_var = random_posteriors(200, 3)
    information = mutual_information(z_mean, z_log_var)
    assert mutual_information(z_mean + 1e6, z_log_var) == pytest.approx(information, abs=1e-8)
    scale = np.array([1e-3, 1.0, 50.0])
    scaled = z_mean * scale, z_log_var + 2 * np.log(scale)
    assert mutual_information(*scaled) == pytest.approx(information, abs=1e-10)


@pytest.mark.parametrize("floats", [1, 200, 700, 10**9])
def test_chunks_make_no_difference(monkeypatch, floats):
    codes = random_posteriors(50, 3)
    whole = mutual_information(*codes, num_samples=3)
    monkeypatch.setattr(latent, "FLOATS_AT_A_TIME", floats)
    assert mutual_information(*codes, num_samples=3) == pytest.approx(whole, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("examples", "num_samples"), [(3000, 1), (2, 200_000)])
def test_memory_is_bounded(examples, num_samples):
    codes = random_posteriors(examples, 50)
    mutual_information(*random_posteriors(10, 50))
    tracemalloc.start()
    try:
        mutual_information(*codes, num_samples)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The densities of all pairs of 3,000 are 72 MB, their terms 3.6 GB; all noise is 160 MB.
    assert peak < 4e7


def test_the_seed_sets_the_noise():
    codes = random_posteriors(100, 2)
    assert mutual_information(*codes, seed=4) == mutual_information(*codes, seed=4)
    assert mutual_information(*codes, seed=4) != mutual_information(*codes, seed=5)


def test_codes_drawn_with_the_same_seed_are_not_the_noise():
    z_mean = np.random.default_rng(0).normal(size=(2000, 2))
    codes = z_mean, np.full((2000, 2), -3.0)
    one, two = (mutual_information(*codes, seed=seed) for seed in (0, 1))
    assert one == pytest.approx(two, abs=0.15)


@pytest.mark.parametrize("measure", [kl_per_dimension, mutual_information])
@pytest.mark.parametrize(
    ("z_mean", "z_log_var", "message"),
    [
        (
            np.zeros((0, 2)),
            np.zeros((0, 2)),
            r"`z_mean` must be a non-empty .* z_mean\.shape=\(0, 2\)",
        ),
        (np.zeros((3, 0)), np.zeros((3, 0)), r"`z_mean` must be a non-empty"),
        (np.zeros(3), np.zeros(3), r"`z_mean` must be .* z_mean\.shape=\(3,\)"),
        (np.zeros((3, 2)), np.zeros((3, 2, 1)), r"`z_log_var` must be a non-empty"),
        (
            np.zeros((3, 2)),
            np.zeros((2, 3)),
            r"`z_log_var` must be of the shape .*\(3, 2\).*\(2, 3\)",
        ),
        (np.zeros((3, 2)), np.zeros((3, 1)), r"`z_log_var` must be of the shape"),
        (np.array([[0, np.nan]]), np.zeros((1, 2)), r"`z_mean` must be .* z_mean\[0, 1\]=nan"),
        (np.zeros((2, 1)), np.array([[0], [-np.inf]]), r"z_log_var\[1, 0\]=-inf"),
        (np.zeros((1, 1)), np.array([[1e4]]), r"`z_log_var` must be of finite .* to 300\."),
    ],
)
def test_invalid_codes_are_refused(measure, z_mean, z_log_var, message):
    with pytest.raises(SettingError, match=message):
        measure(z_mean, z_log_var)


def test_the_largest_codes_that_float32_holds():
    z_mean = np.array([[3.4e38, -3.4e38], [3.4e38, 3.4e38]], np.float32)
    z_log_var = np.array([[-300.0, 300.0], [300.0, -300.0]])
    assert np.isfinite(kl_per_dimension(z_mean, z_log_var)).all()
    assert mutual_information(z_mean, z_log_var) == pytest.approx(np.log(2))


@pytest.mark.parametrize(("name", "settings"), [("num_samples", (0, 0)), ("seed", (1, -1))])
def test_invalid_settings_are_refused(name, settings):
    with pytest.raises(SettingError, match=f"`{name}` must be"):
        mutual_information(*FEW, *settings)
