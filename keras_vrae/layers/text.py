"""From strings to numbers inside a graph, so that a model takes text wherever it runs."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import keras

from keras_vrae import backend
from keras_vrae.types import Tensor
from keras_vrae.validation import check_choice, check_int

VIEWS = ("bag", "tokens")


@keras.saving.register_keras_serializable(package="keras_vrae")
def split_off_marks(texts: Tensor) -> Tensor:
    """Lower case, with a space for everything that is not part of a word."""
    return backend.separate_words(texts)


@keras.saving.register_keras_serializable(package="keras_vrae")
class TextVectorizer(keras.layers.Layer):
    """Counts of terms `(B, V)`, or numbers of words `(B, T)`, of strings `(B,)`.

    A word begins with a letter, a digit or an underscore and goes on with these, combining marks
    and joiners. Words that are not in the vocabulary are left out. The numbers are those of
    `keras_vrae.Multinomial`: word i is term i - 1 of the vocabulary, and 0 is padding.

    Args:
        vocabulary: the terms in the order of their numbers, in lower case.
        view: `"bag"` for counts, `"tokens"` for words in their order.
        max_length: T, words of a document at most; of a longer one the first are kept.

    Example:
        >>> layer = keras_vrae.layers.TextVectorizer(["cat", "mat", "sat"], "tokens", max_length=4)
        >>> layer(["The cat sat. On a mat?"]).numpy()
        array([[1, 3, 2, 0]], dtype=int32)
        >>> keras_vrae.layers.TextVectorizer(["cat", "mat"])(["Cat, cat"]).numpy()
        array([[2., 0.]], dtype=float32)
    """

    def __init__(
        self,
        vocabulary: Iterable[str],
        view: Literal["bag", "tokens"] = "bag",
        max_length: int = 64,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.vocabulary = [str(term) for term in vocabulary]
        self.view = check_choice("view", view, VIEWS)
        self.max_length = check_int("max_length", max_length)
        self.supports_jit = False
        # Private to Keras (3.8 to 3.15); without them `__call__` refuses a list of strings.
        self._allow_non_tensor_positional_args, self._convert_input_args = True, False
        self.lookup = keras.layers.TextVectorization(
            standardize=split_off_marks, vocabulary=self.vocabulary, ragged=True, name="lookup"
        )
        self.built = True

    def call(self, texts: Tensor | Sequence[str]) -> Tensor:
        words = backend.known_words(self.lookup, texts)
        if self.view == "tokens":
            return backend.padded_words(words, self.max_length)
        return backend.word_counts(words, len(self.vocabulary))

    def compute_output_spec(self, texts: keras.KerasTensor) -> keras.KerasTensor:
        if self.view == "tokens":
            return keras.KerasTensor((*texts.shape[:1], self.max_length), "int32")
        return keras.KerasTensor((*texts.shape[:1], len(self.vocabulary)), "float32")

    def get_config(self) -> dict[str, Any]:
        own = {"vocabulary": self.vocabulary, "view": self.view, "max_length": self.max_length}
        return {**super().get_config(), **own}
