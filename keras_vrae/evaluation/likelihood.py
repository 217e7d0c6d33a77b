"""How well a model explains data: the evidence lower bound of whole data sets."""

import keras

from keras_vrae.models.batching import over_batches
from keras_vrae.models.data_checks import check_examples
from keras_vrae.validation import check_int

DECODED_AT_A_TIME = 8192


def elbo_estimate(model, x, num_samples=10, seed=0):
    """The evidence lower bound of each example, from seeded posterior samples.

    Args:
        model: a built `VAE`.
        x: examples, `(N, ...)`.
        num_samples: posterior samples of each example, K; more lessen the noise of the estimate,
            not the bound itself.
        seed: whole number; the same seed gives the same figures.

    Returns:
        A dict of NumPy arrays of shape `(N,)`, in nats: `elbo`, `reconstruction`
        (`-E_q[log p(x|z)]`) and `kl`; `elbo = -(reconstruction + kl)`.
    """
    check_examples(x, model.event_shape, model.likelihood)
    num_samples = check_int("num_samples", num_samples)
    seeds = keras.random.SeedGenerator(check_int("seed", seed, minimum=0))

    def terms_of_batch(batch):
        terms = model.elbo_terms(batch, num_samples=num_samples, seed=seeds)
        return terms.elbo, terms.reconstruction, terms.kl

    # In batches of one size the noise, and so the figure, does not depend on the machine.
    batch_size = max(1, min(512, DECODED_AT_A_TIME // num_samples))
    figures = over_batches(terms_of_batch, model.event_shape)(x, batch_size)
    return dict(zip(("elbo", "reconstruction", "kl"), figures, strict=True))
