"""Generative networks: z in, the parameters of `p(x|z)` out."""

from keras_vrae.decoders.decoder import Decoder
from keras_vrae.decoders.dense import DenseDecoder
from keras_vrae.decoders.recurrent import GRUDecoder, LSTMDecoder, RecurrentDecoder
from keras_vrae.validation import check_choice

__all__ = [
    "DECODERS",
    "Decoder",
    "DenseDecoder",
    "GRUDecoder",
    "LSTMDecoder",
    "RecurrentDecoder",
    "make",
]

DECODERS = {"dense": DenseDecoder, "lstm": LSTMDecoder, "gru": GRUDecoder}


def make(name, **config):
    """Makes the decoder of that name with `config` as its arguments."""
    return DECODERS[check_choice("decoder", name, DECODERS)](**config)
