"""Inference networks `q(z|x)`."""

from keras_vrae.encoders.bag import BagEncoder
from keras_vrae.encoders.dense import DenseEncoder
from keras_vrae.encoders.encoder import Encoder, Posterior
from keras_vrae.encoders.recurrent import GRUEncoder, LSTMEncoder
from keras_vrae.encoders.tokens import TokenGRUEncoder, TokenLSTMEncoder
from keras_vrae.families import Family

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
    "get",
]

ENCODERS = Family(
    "encoder", Encoder, {"dense": DenseEncoder, "lstm": LSTMEncoder, "gru": GRUEncoder}
)
# Those for documents, by the same names.
TEXT_ENCODERS = Family(
    "encoder", Encoder, {"dense": BagEncoder, "lstm": TokenLSTMEncoder, "gru": TokenGRUEncoder}
)
get = ENCODERS.get
