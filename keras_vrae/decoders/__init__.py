"""Generative networks: z in, the parameters of `p(x|z)` out."""

from keras_vrae.decoders.decoder import Decoder
from keras_vrae.decoders.dense import DenseDecoder
from keras_vrae.decoders.recurrent import (
    DECODER_INPUTS,
    GRUDecoder,
    LSTMDecoder,
    RecurrentDecoder,
)
from keras_vrae.families import Family

__all__ = [
    "DECODERS",
    "DECODER_INPUTS",
    "Decoder",
    "DenseDecoder",
    "GRUDecoder",
    "LSTMDecoder",
    "RecurrentDecoder",
    "get",
]

DECODERS = Family(
    "decoder", Decoder, {"dense": DenseDecoder, "lstm": LSTMDecoder, "gru": GRUDecoder}
)
get = DECODERS.get
