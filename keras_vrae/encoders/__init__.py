"""Inference networks `q(z|x)`."""

from keras_vrae.encoders.dense import DenseEncoder
from keras_vrae.encoders.encoder import Encoder, Posterior
from keras_vrae.encoders.recurrent import GRUEncoder, LSTMEncoder
from keras_vrae.validation import check_choice

__all__ = ["ENCODERS", "DenseEncoder", "Encoder", "GRUEncoder", "LSTMEncoder", "Posterior", "get"]

ENCODERS = {"dense": DenseEncoder, "lstm": LSTMEncoder, "gru": GRUEncoder}


def get(identifier, **config):
    """Returns the encoder of that name made with `config`, or the encoder itself when it is one."""
    if isinstance(identifier, Encoder):
        return identifier
    return ENCODERS[check_choice("encoder", identifier, ENCODERS)](**config)
