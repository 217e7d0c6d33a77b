"""Measures of the latent space."""

import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from keras_vrae.encoders import Posterior
from keras_vrae.layers import Sampling
from keras_vrae.models import VAE
from keras_vrae.priors import Prior, StandardNormal
from keras_vrae.validation import SettingError, check_int, complaint

# Every float32 mean, and its square over every variance, stays finite within these.
LARGEST_CODE, LARGEST_LOG_VAR = 1e39, 300.0
# Densities and coordinates of samples: 8 MiB of them fit the caches of most machines.
FLOATS_AT_A_TIME = 2**20


def active_units(z_mean: ArrayLike, threshold: float = 0.01) -> int:
    """Number of latent dimensions that carry information about x.

    Args:
        z_mean: posterior means, `(N, Z)`.
        threshold: a dimension is active if the variance of its means over x is above this.

    Returns:
        Whole number from 0 to Z.

    Raises:
        SettingError: for an array that is empty, not of rank 2, or not finite.

    Reference:
        Burda, Grosse and Salakhutdinov, 2015, arXiv 1509.00519, section 5.2.

    Example:
        >>> active_units(np.array([[1.0, 0.0], [-1.0, 0.01]]))
        1
    """
    check_codes("z_mean", z_mean)
    return int(np.sum(np.var(np.asarray(z_mean), axis=0) > threshold))


def kl_per_dimension(
    z_mean: ArrayLike,
    z_log_var: ArrayLike,
    prior: Prior | None = None,
    num_samples: int = 16,
    seed: int = 0,
) -> np.ndarray:
    """Mean divergence of each latent dimension from the prior.

    The mean over the examples of `KL(q(z_j|x) || p(z_j))` for each dimension j. It is near zero for
    a dimension that the model leaves unused. The sum over the dimensions is the KL term of the
    evidence lower bound.

    Args:
        z_mean, z_log_var: means and log-variances of the posteriors, `(N, Z)` each.
        prior: a `Prior` that factorizes over dimensions; the standard normal if None.
        num_samples, seed: posterior samples of each example, and whole number that fixes them, if
            the prior has no closed form.

    Returns:
        NumPy array `(Z,)`, in nats.

    Raises:
        SettingError: for arrays that are empty, not of rank 2, of different shapes, or not finite,
            for log-variances beyond 300, and for a prior that does not factorize.

    Reference:
        Kingma and Welling, 2013, arXiv 1312.6114, appendix B.

    Example:
        >>> kl_per_dimension(z_mean=np.array([[1.0, 0.0], [-1.0, 0.0]]), z_log_var=np.zeros((2, 2)))
        array([0.5, 0. ])
    """
    posterior = Posterior(*check_posteriors(z_mean, z_log_var))
    prior = StandardNormal() if prior is None else prior
    if not prior.factorizes:
        expected = "one that factorizes over latent dimensions"
        raise SettingError(complaint("prior", expected, type(prior).__name__))
    divergences = prior.kl_per_dimension(posterior)
    if divergences is None:
        posterior, z = _float32_samples(posterior, num_samples, seed)
        divergences = prior.divergence(posterior, z)[1]
    return ops.convert_to_numpy(divergences).mean(axis=0)


def mean_kl(model: VAE, posterior: Posterior, num_samples: int = 16, seed: int = 0) -> np.ndarray:
    """Mean KL of a model's posteriors from its prior, by dimension if the prior factorizes.

    Args:
        model: a built `VAE`.
        posterior: `Posterior` of arrays `(N, Z)`, as `model.encode` gives it.
        num_samples, seed: as in `kl_per_dimension`.

    Returns:
        NumPy array in nats: `(Z,)`, or `(1,)`, the whole, if the prior does not factorize.
    """
    if model.prior.factorizes:
        return kl_per_dimension(*posterior, model.prior, num_samples, seed)
    posterior = Posterior(*check_posteriors(*posterior))
    posterior, z = _float32_samples(posterior, num_samples, seed)
    kl, _ = model.prior.divergence(posterior, z)
    return np.array([ops.convert_to_numpy(kl).mean()])


def _float32_samples(posterior, num_samples, seed):
    """The posterior as tensors of float32, and samples of it `(K, N, Z)`."""
    posterior = Posterior(*(ops.convert_to_tensor(part, "float32") for part in posterior))
    return posterior, Sampling(seed)(posterior, num_samples=check_int("num_samples", num_samples))


def mutual_information(
    z_mean: ArrayLike, z_log_var: ArrayLike, num_samples: int = 1, seed: int = 0
) -> float:
    """Information of a latent code about which of N examples it comes from.

    `I(x; z) = mean_n E_{q(z|x_n)}[log q(z|x_n) - log q(z)]`, where `q(z) = mean_n q(z|x_n)` is the
    aggregate posterior of the N examples. The mean KL term of the evidence lower bound is the sum
    `I(x; z) + KL(q(z) || p(z))`, whose last part is the distance of the aggregate posterior
    from the prior.

    The estimate cannot exceed log N, as there are N examples to distinguish: a value near log N
    means that the posteriors barely overlap, and nothing more. By chance the estimate can fall
    slightly below zero. It takes N^2 K densities, a bounded number of them at a time. Double
    precision separates posteriors whose standard deviation is 1e-7 of the spread of the codes or
    more.

    Args:
        z_mean, z_log_var: means and log-variances of the posteriors, `(N, Z)` each.
        num_samples: samples of each posterior, K; more lessen the noise of the estimate.
        seed: whole number; the same seed gives the same estimate.

    Returns:
        The estimate as a float, in nats.

    Raises:
        SettingError: for arrays that are empty, not of rank 2, of different shapes, or not finite,
            log-variances beyond 300, fewer than one sample, or a negative seed.

    Reference:
        Hoffman and Johnson, 2016, "ELBO surgery", NIPS Workshop on Advances in Approximate
        Bayesian Inference, for the decomposition; He, Spokoyny, Neubig and Berg-Kirkpatrick, 2019,
        arXiv 1901.05534, for the estimator.

    Example:
        >>> apart, alike = np.array([[-100.0], [100.0]]), np.zeros((2, 1))
        >>> round(mutual_information(apart, z_log_var=np.zeros((2, 1))), 4)
        0.6931
        >>> mutual_information(alike, z_log_var=np.zeros((2, 1)))
        0.0
    """
    z_mean, z_log_var = check_posteriors(z_mean, z_log_var)
    num_samples = check_int("num_samples", num_samples)
    seeds = np.random.SeedSequence(check_int("seed", seed, minimum=0))
    # A child, since a caller may have drawn the codes themselves from a generator of this seed.
    rng = np.random.default_rng(seeds.spawn(1)[0])
    # Differences of squares lose digits to an offset that all codes share.
    z_mean = z_mean - z_mean.mean(axis=0)
    posteriors = GaussianMixture(z_mean, z_log_var)

    num_examples, num_draws = len(z_mean), len(z_mean) * num_samples
    chunk_size = max(1, FLOATS_AT_A_TIME // (num_examples + 4 * z_mean.shape[1]))
    total = 0.0
    for start in range(0, num_draws, chunk_size):
        own = np.arange(start, min(start + chunk_size, num_draws)) % num_examples
        noise = rng.standard_normal((len(own), z_mean.shape[1]))
        total += posteriors.log_shares(noise, own).sum()
    return float(np.log(num_examples) + total / num_draws)


class GaussianMixture:
    """N diagonal Gaussians of equal weight, `mean` and `log_var` of shape `(N, Z)`.

    Squares are multiplied out, `(z - m)^2 / v = z^2 / v - 2 z m / v + m^2 / v`, so that the
    densities of B points under all N components are one matrix product, without an array
    `(B, N, Z)`.
    """

    def __init__(self, mean: np.ndarray, log_var: np.ndarray) -> None:
        self.mean, self.scale = mean, np.exp(0.5 * log_var)
        self.log_scale = 0.5 * log_var.sum(axis=1)
        precision = np.exp(-log_var)
        constant = np.sum(np.square(mean) * precision, axis=1, keepdims=True)
        self.weights = np.hstack([precision, mean * precision, constant]).T

    def log_shares(self, noise: np.ndarray, own: np.ndarray) -> np.ndarray:
        """The logarithm of the share of component n in the density at `mean_n + scale_n * noise`.

        Args:
            noise: standardized samples, `(B, Z)`.
            own: the component n of each sample, `(B,)`.

        Returns:
            `log q_n(z) - log sum_m q_m(z)`, zero or less, `(B,)`.
        """
        z = self.mean[own] + self.scale[own] * noise
        features = np.hstack([-0.5 * np.square(z), z, np.full((len(z), 1), -0.5)])
        log_probs = features @ self.weights
        # Minus half a square, which rounding may turn positive.
        np.minimum(log_probs, 0.0, out=log_probs)
        log_probs -= self.log_scale
        # With the exact value among the others, no share is above one.
        own_log_prob = -0.5 * np.sum(np.square(noise), axis=1) - self.log_scale[own]
        log_probs[np.arange(len(own)), own] = own_log_prob
        largest = log_probs.max(axis=1)
        log_probs -= largest[:, None]
        total = np.exp(log_probs, out=log_probs).sum(axis=1)
        return own_log_prob - largest - np.log(total)


def check_posteriors(z_mean: ArrayLike, z_log_var: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Returns the two arrays `(N, Z)` in float64, or raises `SettingError`."""
    z_mean = check_codes("z_mean", z_mean)
    z_log_var = check_codes("z_log_var", z_log_var, LARGEST_LOG_VAR)
    if z_log_var.shape != z_mean.shape:
        expected = f"of the shape of `z_mean`, {z_mean.shape}"
        raise SettingError(complaint("z_log_var", expected, z_log_var.shape, of=".shape"))
    return z_mean, z_log_var


def check_codes(name: str, values: ArrayLike, largest: float = LARGEST_CODE) -> np.ndarray:
    """Returns `values` as a float64 array `(N, Z)`, or raises `SettingError`.

    Args:
        name: name of the array in the message.
        values: one code per row; at least one row and one column.
        largest: largest magnitude of a value.
    """
    codes = np.asarray(values, dtype=np.float64)
    if codes.ndim != 2 or not codes.size:
        expected = "a non-empty array of shape (examples, latent dimensions)"
        raise SettingError(complaint(name, expected, codes.shape, of=".shape"))
    refused = np.argwhere(~(np.abs(codes) <= largest))
    if len(refused):
        row, column = refused[0].tolist()
        expected = f"of finite numbers from {-largest:g} to {largest:g}"
        value = float(codes[row, column])
        raise SettingError(complaint(name, expected, value, of=f"[{row}, {column}]"))
    return codes
