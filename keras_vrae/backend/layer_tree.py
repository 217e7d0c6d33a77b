"""The layers inside a layer, which Keras has no public way to walk through."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import keras


def flatten_layers(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """All layers inside a layer, the layer itself first, each once.

    `_flatten_layers` is private to Keras (3.8 to 3.15 have it). Without it an export would trace
    cuDNN kernels, and frozen inner layers would thaw in a file.
    """
    return list(layer._flatten_layers())


def compute_dtypes(layer: keras.layers.Layer) -> set[str]:
    """The set of the number types that the layers inside a layer compute in."""
    return {inner.compute_dtype for inner in flatten_layers(layer)}


@contextmanager
def inner_layers_set(layer: keras.layers.Layer, name: str, value: Any) -> Iterator[None]:
    """Sets an attribute of all layers inside a layer that have it, for the time of the block."""
    layers = [inner for inner in flatten_layers(layer) if hasattr(inner, name)]
    before = [getattr(inner, name) for inner in layers]
    try:
        for inner in layers:
            setattr(inner, name, value)
        yield
    finally:
        for inner, kept in zip(layers, before, strict=True):
            setattr(inner, name, kept)


def without_cudnn(layer: keras.layers.Layer) -> AbstractContextManager[None]:
    """Keeps every recurrent layer inside a layer off cuDNN within the block, also when traced."""
    return inner_layers_set(layer, "use_cudnn", False)
