"""Bernoulli likelihood for binary values."""

import math

import keras
from keras import ops

from keras_vrae.likelihoods.likelihood import Likelihood
from keras_vrae.numerics import bernoulli_log_prob, sum_softplus
from keras_vrae.types import Tensor


@keras.saving.register_keras_serializable(package="keras_vrae")
class Bernoulli(Likelihood):
    """`p(x|z) = prod_i Bernoulli(x_i; sigmoid(logits_i))`.

    On binary data it is a probability mass function. Grey levels between 0 and 1 are accepted, as
    is common in practice, but the sum is then a negative cross-entropy, not a log-likelihood.
    """

    support = "numbers between 0 and 1"
    bounds = (0, 1)

    def log_prob_of_values(self, x: Tensor, parameters: Tensor) -> Tensor:
        return bernoulli_log_prob(x, parameters)

    def log_prob(self, x: Tensor, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        if mask is not None or None in x.shape[1:]:
            return super().log_prob(x, parameters, mask)
        # The sum of the values' logarithms, in less than half of the time.
        size = math.prod(x.shape[1:])
        x = ops.reshape(ops.cast(x, "float32"), (-1, size))
        logits = ops.cast(parameters, "float32")
        logits = ops.reshape(logits, (*ops.shape(logits)[:2], size))
        return ops.sum(logits * x, axis=-1) - sum_softplus(logits)

    def call(self, parameters: Tensor) -> Tensor:
        return ops.sigmoid(parameters)

    def sample(
        self,
        parameters: Tensor,
        seed: int | keras.random.SeedGenerator | None = None,
        temperature: float = 1.0,
    ) -> Tensor:
        noise = keras.random.uniform(ops.shape(parameters), seed=seed)
        return ops.cast(noise < self(parameters / temperature), "float32")
