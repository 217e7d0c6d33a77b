"""Inference networks `q(z|x)`."""

from keras_vrae.encoders.bag import BagEncoder
from keras_vrae.encoders.dense import DenseEncoder
from keras_vrae.encoders.encoder import Encoder, Posterior
from keras_vrae.encoders.recurrent import GRUEncoder, LSTMEncoder
from keras_vrae.encoders.tokens import TokenGRUEncoder, TokenLSTMEncoder
from keras_vrae.validation import check_choice

__all__ = [
    "ENCODERS",
    "TEXT_ENCODERS",
    "BagEncoder",
    "DenseEncoder",
    "Encoder",
    "GRUEncoder",
    "LSTMEncoder",
    "Posterior",
    "TokenGRUEncoder",
    "TokenLSTMEncoder",
    "make",
]

ENCODERS = {"dense": DenseEncoder, "lstm": LSTMEncoder, "gru": GRUEncoder}
# Those of the same names for documents.
TEXT_ENCODERS = {"dense": BagEncoder, "lstm": TokenLSTMEncoder, "gru": TokenGRUEncoder}


def make(name, **config):
    """Makes the encoder of that name with `config` as its arguments."""
    return ENCODERS[check_choice("encoder", name, ENCODERS)](**config)
