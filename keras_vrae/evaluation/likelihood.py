"""Likelihood of data under a model: the bound on `log p(x)`, and an importance estimate."""

from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from keras_vrae.models import VAE
from keras_vrae.types import Examples, Tensor
from keras_vrae.validation import check_int

DECODED_AT_A_TIME = 8192
# An importance estimate decodes so often that it pays to keep a batch of it in the caches.
IMPORTANCE_EXAMPLES, IMPORTANCE_ROWS = 100, 1000


def elbo_estimate(
    model: VAE, x: Examples, num_samples: int = 10, seed: int = 0
) -> dict[str, np.ndarray]:
    """The evidence lower bound of each example, from seeded posterior samples.

    Args:
        model: a built `VAE`.
        x: examples, `(N, ...)`, or padded sequences.
        num_samples: posterior samples of each example, K; more lessen the noise of the estimate,
            not the bound itself.
        seed: whole number; the same seed gives the same values.

    Returns:
        A dict of NumPy arrays of shape `(N,)`, in nats: `elbo`, `reconstruction`
        (`-E_q[log p(x|z)]`) and `kl`; `elbo = -(reconstruction + kl)`.
    """
    num_samples = check_int("num_samples", num_samples)
    seeds = keras.random.SeedGenerator(check_int("seed", seed, minimum=0))

    def terms_of_batch(batch):
        terms = model.elbo_terms(batch, num_samples, noise=seeds)
        return terms.elbo, terms.reconstruction, terms.kl

    # In batches of one size the noise, and so the value, does not depend on the machine.
    batch_size = max(1, min(512, DECODED_AT_A_TIME // num_samples))
    values = model.over_examples(terms_of_batch, x, batch_size)
    return dict(zip(("elbo", "reconstruction", "kl"), values, strict=True))


class ImportanceNLL(NamedTuple):
    """Estimates of `-log p(x)` in nats, and their standard errors.

    Attributes:
        nll: the estimate of each example, NumPy array `(N,)`.
        standard_error: the standard error of each estimate, `(N,)`, from the spread of the
            importance weights. It cannot know of modes that no sample has met.
    """

    nll: np.ndarray
    standard_error: np.ndarray

    @property
    def mean(self) -> float:
        """The mean over the examples."""
        return float(self.nll.mean())

    @property
    def standard_error_of_mean(self) -> float:
        """The standard error of `mean` that comes from the importance samples."""
        return float(np.sqrt(np.sum(self.standard_error**2)) / len(self.standard_error))


def importance_nll(
    model: VAE, x: Examples, num_samples: int = 5000, seed: int = 0, verbose: int = 0
) -> ImportanceNLL:
    """The negative log-likelihood `-log p(x)` of each example by importance sampling.

    `-log mean_k p(x, z_k) / q(z_k|x)` with `z_k` drawn from the posterior: an upper bound on
    `-log p(x)` in expectation, which becomes tight as K grows. Memory does not grow with K.

    Args:
        model: a built `VAE`.
        x: examples, `(N, ...)`, or padded sequences.
        num_samples: posterior samples of each example, K; the literature takes 5,000.
        seed: whole number; the same seed gives the same values.
        verbose: 1 shows a progress bar.

    Returns:
        `ImportanceNLL(nll (N,), standard_error (N,))`.

    Raises:
        SettingError: for examples that the model cannot use, fewer than one sample, or a negative
            seed.

    Example:
        >>> vae = keras_vrae.build("gru", (8, 8), hidden_units=16, seed=0)
        >>> estimate = keras_vrae.evaluation.importance_nll(vae, np.zeros((3, 8, 8)), 100)
        >>> estimate.nll.shape
        (3,)

    Reference:
        Rezende, Mohamed and Wierstra, 2014, arXiv 1401.4082, appendix E; with 5,000 samples Burda,
        Grosse and Salakhutdinov, 2016, arXiv 1509.00519, section 5.
    """
    num_samples = check_int("num_samples", num_samples)
    seeds = keras.random.SeedGenerator(check_int("seed", seed, minimum=0))
    chunk_size = min(num_samples, IMPORTANCE_ROWS // IMPORTANCE_EXAMPLES)
    chunks, rest = divmod(num_samples, chunk_size)

    def estimate(batch):
        posterior = model.posterior(batch)

        def add(state, size):
            terms = model.elbo_terms(batch, size, noise=seeds, posterior=posterior)
            return add_weights(state, terms.log_weights)

        nothing = ops.zeros_like(posterior.z_mean[:, 0])
        state = (nothing - np.inf, nothing, nothing)
        state = ops.fori_loop(0, chunks, lambda _, state: add(state, chunk_size), state)
        return summarize(add(state, rest) if rest else state, num_samples)

    return ImportanceNLL(*model.over_examples(estimate, x, IMPORTANCE_EXAMPLES, verbose=verbose))


def add_weights(
    state: tuple[Tensor, Tensor, Tensor], log_weights: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Adds K importance weights `(K, B)` to the sums of earlier ones.

    The state is `(largest, total, total_of_squares)`, each `(B,)`: the largest logarithm so far,
    and the sums of the weights and of their squares in units of that largest weight.
    """
    largest, total, total_of_squares = state
    new_largest = ops.maximum(largest, ops.max(log_weights, axis=0))
    old = ops.exp(largest - new_largest)
    weights = ops.exp(log_weights - new_largest)
    total = total * old + ops.sum(weights, axis=0)
    total_of_squares = total_of_squares * ops.square(old) + ops.sum(ops.square(weights), axis=0)
    return new_largest, total, total_of_squares


def summarize(state: tuple[Tensor, Tensor, Tensor], num_samples: int) -> tuple[Tensor, Tensor]:
    """The estimate of `-log p(x)` and its standard error by the delta method, `(B,)` each."""
    largest, total, total_of_squares = state
    mean = total / num_samples
    variance = ops.maximum(total_of_squares / num_samples - ops.square(mean), 0.0)
    return -(largest + ops.log(mean)), ops.sqrt(variance / num_samples) / mean
