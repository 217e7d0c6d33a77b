"""Multinomial likelihood for documents: every word is drawn from one distribution."""

import math

import keras
from keras import ops

from keras_vrae.likelihoods.likelihood import Likelihood
from keras_vrae.validation import check_int


@keras.saving.register_keras_serializable(package="keras_vrae")
class Multinomial(Likelihood):
    """`p(x|z) = prod_n softmax(logits)[w_n]`, over the words `w_n` of a document x.

    A document is seen as the counts of the terms of a vocabulary, `(B, V)`, or, with
    `tokens=True`, as a sequence of words `(B, T)`: number i is term i - 1 of the vocabulary and 0
    is padding. Both give the same figure for the same words, whatever their order: it is the
    log-probability of the sequence of words, without the number of orders that one bag of words
    has. Weights of terms in place of counts are accepted, but the figure is then a weighted
    cross-entropy and no bound on anything.

    Args:
        tokens: whether x is a sequence of words.
        length: number of words of a document that `sample` draws.

    Example:
        >>> likelihood = keras_vrae.Multinomial()
        >>> counts, logits = np.array([[2.0, 0.0, 1.0]]), np.zeros((1, 1, 3))
        >>> round(float(likelihood.log_prob(counts, logits)[0, 0]), 4)  # 3 log(1 / 3)
        -3.2958

    Reference:
        Miao, Yu and Blunsom, 2016, arXiv 1511.06038, section 3, for its use in a variational
        autoencoder; Chaidaroon and Fang, 2017, arXiv 1708.03436, for hash codes.
    """

    def __init__(self, tokens=False, length=100, **kwargs):
        super().__init__(**kwargs)
        self.tokens = bool(tokens)
        self.length = check_int("length", length)
        self.vocabulary_size = math.inf

    @property
    def support(self):
        """What values x may have, in words."""
        if self.tokens:
            return f"whole numbers from 0 to {self.vocabulary_size}"
        return "numbers of at least 0"

    def build(self, input_shape):
        # Of (K, B, ...), or (B, V) in a first call by hand.
        event = input_shape[2:] or input_shape[-1:]
        self.vocabulary_size = math.prod(event)
        self.built = True

    def example_shape(self, parameters_shape):
        return (None,) if self.tokens else parameters_shape

    def in_support(self, x):
        valid = ops.logical_and(ops.greater_equal(x, 0), ops.isfinite(x))
        if not self.tokens:
            return valid
        known = ops.logical_and(ops.equal(x, ops.floor(x)), x <= self.vocabulary_size)
        return ops.logical_and(valid, known)

    def log_prob(self, x, parameters):
        """`log p(x|z)` in nats: x `(B, ...)`, parameters `(K, B, ...)`, result `(K, B)`."""
        if not self.tokens:
            return self.target_log_prob(x, parameters)
        logits = self._flat_events(parameters)
        log_total = ops.logsumexp(logits, axis=-1)
        words = ops.cast(x, "int32")
        is_word = ops.cast(words > 0, "float32")
        # Only the logits of the words that are there are looked up.
        terms = ops.maximum(words - 1, 0)
        found = ops.take_along_axis(logits, ops.repeat(terms[None], logits.shape[0], 0), axis=-1)
        return ops.sum((found - log_total[..., None]) * is_word, axis=-1)

    def target_log_prob(self, target, parameters):
        """The same of counts, or of weights of terms, `(B, ...)` whatever x is."""
        logits = self._flat_events(parameters)
        weights = ops.reshape(ops.cast(target, "float32"), (-1, logits.shape[-1]))
        return weighted_log_softmax(logits, weights)

    def call(self, parameters):
        """The share of each term among the words, in the shape of `parameters`."""
        return ops.reshape(ops.softmax(self._flat(parameters)), ops.shape(parameters))

    def sample(self, parameters, seed=None):
        """A document of `length` words: counts in the shape of `parameters`, or the words."""
        logits = self._flat(parameters)
        rows, size = ops.shape(logits)
        words = keras.random.categorical(logits, self.length, dtype="int32", seed=seed)
        if self.tokens:
            words = ops.reshape(words + 1, (*ops.shape(parameters)[:-1], self.length))
            return ops.cast(words, "float32")
        cells = ops.reshape(words + size * ops.arange(rows)[:, None], (-1,))
        counts = ops.segment_sum(ops.ones_like(cells, "float32"), cells, num_segments=rows * size)
        return ops.reshape(counts, ops.shape(parameters))

    def _flat_events(self, parameters):
        logits = ops.cast(parameters, "float32")
        return ops.reshape(logits, (*ops.shape(logits)[:2], math.prod(logits.shape[2:])))

    def _flat(self, parameters):
        parameters = ops.cast(parameters, "float32")
        return ops.reshape(parameters, (-1, self.vocabulary_size))

    def get_config(self):
        return {**super().get_config(), "tokens": self.tokens, "length": self.length}


@ops.custom_gradient
def weighted_log_softmax(logits, weights):
    """`sum_v weights_v log softmax(logits)_v`, with a gradient in few passes over the vocabulary.

    Args:
        logits: tensor `(K, B, V)` of float32.
        weights: tensor `(B, V)` of float32.

    Returns:
        Tensor `(K, B)`.
    """
    highest = ops.max(logits, axis=-1, keepdims=True)
    shares = ops.exp(logits - highest)
    total = ops.sum(shares, axis=-1, keepdims=True)
    log_total = highest + ops.log(total)
    weight = ops.sum(weights, axis=-1, keepdims=True)

    def gradient(upstream):
        upstream = upstream[..., None]
        of_logits = weights * upstream - shares * (weight * upstream / total)
        return of_logits, ops.sum(upstream * (logits - log_total), axis=0)

    return ops.sum(logits * weights, axis=-1) - ops.squeeze(log_total * weight, -1), gradient
