"""Generative networks: z in, the parameters of `p(x|z)` out."""

from keras_vrae.decoders.decoder import Decoder
from keras_vrae.decoders.dense import DenseDecoder
from keras_vrae.validation import check_choice

__all__ = ["DECODERS", "Decoder", "DenseDecoder", "get"]

DECODERS = {"dense": DenseDecoder}


def get(identifier, **config):
    """Returns the decoder of that name made with `config`, or the decoder itself when it is one."""
    if isinstance(identifier, Decoder):
        return identifier
    return DECODERS[check_choice("decoder", identifier, DECODERS)](**config)
