"""The explorer of a report: the latent space of each encoder, which decodes under the pointer."""

from keras_vrae.report.explorer.content import Explorer, script
from keras_vrae.report.explorer.decoder_weights import (
    MOST_WEIGHTS,
    CannotDecodeError,
    Weights,
    weights_of,
)

__all__ = ["MOST_WEIGHTS", "CannotDecodeError", "Explorer", "Weights", "script", "weights_of"]
