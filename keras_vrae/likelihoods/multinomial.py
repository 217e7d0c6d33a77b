"""Multinomial likelihood for documents, whose words are all drawn from one distribution."""

import math
from collections.abc import Callable
from typing import Any, NoReturn

import keras
from keras import ops

from keras_vrae import backend
from keras_vrae.likelihoods.likelihood import Likelihood
from keras_vrae.sequences import blank
from keras_vrae.types import Shape, Tensor
from keras_vrae.validation import SettingError, check_int, complaint


@keras.saving.register_keras_serializable(package="keras_vrae")
class Multinomial(Likelihood):
    """`p(x|z) = prod_n softmax(logits)[w_n]`, over the words `w_n` of a document x.

    A document is the counts of the terms of a vocabulary, `(B, V)`, or, with `tokens=True`, a
    sequence of words `(B, T)`: number i is term i - 1 of the vocabulary and 0 is padding. Both give
    the same value for the same words, whatever their order: it is the log-probability of the
    sequence of words, without the number of orders that one bag of words has. Weights of terms
    are accepted instead of counts, but the sum is then a weighted negative cross-entropy, not a
    log-likelihood.

    Args:
        vocabulary_size: number of terms V; with counts it may be left to the shape of an example.
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

    def __init__(
        self,
        vocabulary_size: int | None = None,
        tokens: bool = False,
        length: int = 100,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.tokens = bool(tokens)
        if self.tokens or vocabulary_size is not None:
            vocabulary_size = check_int("vocabulary_size", vocabulary_size)
        self.support = "numbers of at least 0"
        if self.tokens:
            self.support = f"whole numbers from 0 to {vocabulary_size}"
        self.vocabulary_size: int | Any = vocabulary_size  # None for counts alone.
        self.length = check_int("length", length)

    def parameters_shape(self, event_shape: Shape) -> Shape:
        if self.tokens:
            return (self.vocabulary_size,)
        size = math.prod(event_shape)
        if self.vocabulary_size not in (None, size):
            expected = f"{size}, the number of values of an example of shape {tuple(event_shape)}"
            raise SettingError(complaint("vocabulary_size", expected, self.vocabulary_size))
        return tuple(event_shape)

    def in_support(self, x: Tensor) -> Tensor:
        valid = ops.logical_and(ops.greater_equal(x, 0), ops.isfinite(x))
        if not self.tokens:
            return valid
        known = ops.logical_and(ops.equal(x, ops.floor(x)), x <= self.vocabulary_size)
        return ops.logical_and(valid, known)

    def accepts(self, x: Tensor, target: Tensor) -> Tensor:
        # A target of weights need not be whole numbers.
        valid = ops.all(ops.logical_and(ops.greater_equal(target, 0), ops.isfinite(target)))
        return ops.logical_and(valid, ops.all(self.in_support(x))) if self.tokens else valid

    def target_of(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Counts of terms `(B, V)`, also if x is a sequence of words."""
        if not self.tokens:
            return x
        x = x if mask is None else blank(x, mask)
        words = ops.cast(x, "int32")
        rows = ops.shape(words)[0]
        # One column more, the first, for padding.
        size = self.vocabulary_size + 1
        cells = ops.reshape(words + size * ops.arange(rows)[:, None], (-1,))
        counts = ops.segment_sum(ops.ones_like(cells, "float32"), cells, num_segments=rows * size)
        return ops.reshape(counts, (-1, size))[:, 1:]

    def log_prob(self, x: Tensor, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        """`log p(x|z)` in nats, `(K, B)`.

        Args:
            x: counts or weights of terms, `(B, ...)`; of sequences of words use `target_of`.
            parameters: logits, `(K, B, ...)`.
            mask: booleans `(B, T)`, True at valid steps, or None.
        """
        logits = ops.cast(parameters, "float32")
        logits = ops.reshape(logits, (*ops.shape(logits)[:2], math.prod(logits.shape[2:])))
        if mask is not None and not self.tokens:
            x = blank(x, mask)
        weights = ops.reshape(ops.cast(x, "float32"), (-1, logits.shape[-1]))
        return weighted_log_softmax(logits, weights)

    def log_prob_of_steps(
        self, x: Tensor, parameters: Tensor, mask: Tensor | None = None
    ) -> NoReturn:
        """Raises `SettingError`: the words of a document are not its time steps."""
        expected = "one that gives a value to each time step"
        raise SettingError(complaint("likelihood", expected, type(self).__name__))

    def call(self, parameters: Tensor) -> Tensor:
        """The share of each term among the words, in the shape of `parameters`."""
        return ops.reshape(ops.softmax(self._rows(parameters)), ops.shape(parameters))

    def sample(
        self,
        parameters: Tensor,
        seed: int | keras.random.SeedGenerator | None = None,
        temperature: float = 1.0,
    ) -> Tensor:
        """A document of `length` words: counts in the shape of `parameters`, or the words."""
        logits = self._rows(parameters)
        logits = logits if temperature == 1.0 else logits / temperature
        rows, size = ops.shape(logits)
        words = keras.random.categorical(logits, self.length, dtype="int32", seed=seed)
        if self.tokens:
            words = ops.reshape(words + 1, (*ops.shape(parameters)[:-1], self.length))
            return ops.cast(words, "float32")
        cells = ops.reshape(words + size * ops.arange(rows)[:, None], (-1,))
        counts = ops.segment_sum(ops.ones_like(cells, "float32"), cells, num_segments=rows * size)
        return ops.reshape(counts, ops.shape(parameters))

    def build(self, input_shape: Shape) -> None:
        # Of (K, B, ...), or (B, V) in a first call by hand.
        self._size = math.prod(input_shape[2:] or input_shape[-1:])
        self.built = True

    def _rows(self, parameters):
        return ops.reshape(ops.cast(parameters, "float32"), (-1, self._size))

    def get_config(self) -> dict[str, Any]:
        own = {
            "vocabulary_size": self.vocabulary_size,
            "tokens": self.tokens,
            "length": self.length,
        }
        return {**super().get_config(), **own}


@backend.custom_gradient
def weighted_log_softmax(
    logits: Tensor, weights: Tensor
) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, Tensor]]]:
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
