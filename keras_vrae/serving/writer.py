"""Writing of signatures to a SavedModel."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import keras
import tensorflow as tf

from keras_vrae.backend import without_cudnn
from keras_vrae.models import VAE
from keras_vrae.serving.portability import check_portable, dense_products
from keras_vrae.serving.signatures import Signature


def write_saved_model(model: VAE, signatures: Mapping[str, Signature], path: str | Path) -> None:
    """Traces signatures of a model and writes them with the weights that they use, each once.

    Args:
        model: the `VAE` that the signatures are of.
        signatures: `Signature` by name; the first is also served as `serving_default`.
        path: the new folder.

    Raises:
        DataError: if the graph would not run on a CPU.
    """
    # The archive finds the weights through the graph. If it tracked the model, it would store each
    # of them twice, and those of the decoder with the encoder.
    archive = keras.export.ExportArchive()
    with without_cudnn(model), dense_products(model), _quiet():
        for name, signature in signatures.items():
            archive.add_endpoint(name, signature.function, list(signature.inputs.values()))
        if any("text" in signature.inputs for signature in signatures.values()):
            archive.track(model.vectorizer.lookup)
        archive.write_out(str(path), verbose=False)  # Traces.
    check_portable(path)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps TensorFlow from printing the folder to which it writes, which is a passing one."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("WARNING")
    try:
        yield
    finally:
        logger.setLevel(level)
