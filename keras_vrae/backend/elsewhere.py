"""Refusals, on the other backends, of the parts that only TensorFlow has."""

from collections.abc import Callable, Sequence
from typing import NoReturn

import keras

from keras_vrae.types import Tensor
from keras_vrae.validation import SettingError

has_sparse_tensors = False


def refuse(what: str) -> NoReturn:
    """Raises `SettingError`: a part of the package runs on TensorFlow alone."""
    raise SettingError(
        f"`KERAS_BACKEND` must be tensorflow for {what}. "
        f"Received: KERAS_BACKEND={keras.backend.backend()}"
    )


def is_sparse_tensor(x: object) -> bool:
    """Returns whether x is a sparse tensor: it is not."""
    return False


def _refused(name, what):
    def function(*args, **kwargs):
        refuse(what)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Raises `SettingError`: {what} are for TensorFlow alone."
    return function


sparse_from_dense, sparse_product, on_stored_values, tfidf_weights, sparse_to_dense = (
    _refused(name, "sparse documents")
    for name in (
        "sparse_from_dense",
        "sparse_product",
        "on_stored_values",
        "tfidf_weights",
        "sparse_to_dense",
    )
)
separate_words, known_words, padded_words, word_counts = (
    _refused(name, "texts")
    for name in ("separate_words", "known_words", "padded_words", "word_counts")
)


def ensure_shape(x: Tensor, shape: Sequence[int | None]) -> Tensor:
    """Returns x: without graphs that leave sizes open, its shape is known and has been checked."""
    return x


def stop_unless(valid: Tensor, message: str, values: Tensor) -> Tensor:
    """Returns the values: they were checked before they came into a step, see `TrainedByKeras`."""
    return values


def split_over_cores(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """`function(x)`: this backend shares out the work itself."""
    return function(x)


def one_thread_per_operation() -> None:
    """Does nothing: the setting is TensorFlow's."""
