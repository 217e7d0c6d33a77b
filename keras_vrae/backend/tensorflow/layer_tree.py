"""The layers inside a layer, which Keras has no public way to walk through."""

from contextlib import contextmanager


def flatten_layers(layer):
    """All layers inside a layer, the layer itself first, each once.

    `_flatten_layers` is private to Keras (3.8 to 3.15 have it). Without it an export would trace
    cuDNN kernels, and frozen inner layers would thaw in a file.
    """
    return list(layer._flatten_layers())


def compute_dtypes(layer):
    """The set of the number types that the layers inside a layer compute in."""
    return {inner.compute_dtype for inner in flatten_layers(layer)}


@contextmanager
def without_cudnn(layer):
    """Keeps every recurrent layer inside a layer off cuDNN within the block, also when traced."""
    layers = [inner for inner in flatten_layers(layer) if hasattr(inner, "use_cudnn")]
    before = [inner.use_cudnn for inner in layers]
    try:
        for inner in layers:
            inner.use_cudnn = False
        yield
    finally:
        for inner, value in zip(layers, before, strict=True):
            inner.use_cudnn = value
