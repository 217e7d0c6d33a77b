"""From strings to numbers inside a graph. Only TensorFlow has tensors of strings."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from keras_vrae.types import Tensor

PADDING_AND_UNKNOWN = 2  # Numbers that Keras gives before the first term.


# Matches all that stands before a word. A word begins with a letter, a digit or an underscore, and
# goes on with these, with combining marks (vowel signs of Devanagari, tones of Thai) and with
# the joiners of Persian and Sinhala, as in Unicode's rules for the borders of words (UAX 29).
BEFORE_A_WORD = r"(?:^|[^\p{L}\p{M}\p{N}_\x{200C}\x{200D}])[^\p{L}\p{N}_]*"


def separate_words(texts: Tensor | Sequence[str] | Sequence[bytes]) -> Tensor:
    """Lower case, with a space before each word and nothing else between words."""
    # `lower` would end a text at its first NUL.
    texts = tf.strings.lower(tf.strings.regex_replace(texts, r"\x00", " "), "utf-8")
    return tf.strings.regex_replace(texts, BEFORE_A_WORD, " ")


def known_words(lookup: Callable[[Tensor], Tensor], texts: Tensor | Sequence[str]) -> Tensor:
    """The numbers from 1 of the words that a lookup layer knows, a ragged tensor `(B, ...)`."""
    numbers = lookup(tf.convert_to_tensor(texts))
    words = tf.ragged.boolean_mask(numbers, numbers >= PADDING_AND_UNKNOWN)
    return tf.cast(words - (PADDING_AND_UNKNOWN - 1), tf.int32)


def padded_words(words: Tensor, length: int) -> Tensor:
    """Numbers of words `(B, length)`, with 0 after the last and without those beyond."""
    return words.to_tensor(shape=(None, length))


def word_counts(words: Tensor, size: int) -> Tensor:
    """Counts of each of `size` terms, float32 `(B, size)`."""
    cells = tf.stack([tf.cast(words.value_rowids(), tf.int32), words.values - 1], axis=1)
    shape = (words.nrows(out_type=tf.int32), size)
    counts = tf.scatter_nd(cells, tf.ones(tf.shape(cells)[:1]), shape)
    return tf.ensure_shape(counts, (None, size))
