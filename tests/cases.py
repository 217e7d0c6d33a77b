"""One descriptor for every network and likelihood; the conformance tests run over all of them.

A new encoder, decoder or likelihood is one more line here.
"""

import keras

import keras_vrae as kv

EVENT_SHAPE = (5, 3)
LATENT_DIM = 2

ENCODERS = {
    "dense": lambda: kv.DenseEncoder(LATENT_DIM, hidden_units=7),
    "dense_tanh": lambda: kv.DenseEncoder(LATENT_DIM, 7, num_layers=1, activation="tanh"),
    "bag": lambda: kv.BagEncoder(LATENT_DIM, hidden_units=7, num_layers=2),
    "dense_bounded": lambda: kv.DenseEncoder(
        LATENT_DIM, 7, bounded=True, fixed_scale=0.5, balance=1.0
    ),
    "lstm": lambda: kv.LSTMEncoder(LATENT_DIM, hidden_units=7),
    "gru": lambda: kv.GRUEncoder(LATENT_DIM, hidden_units=7),
    "lstm_deep": lambda: kv.LSTMEncoder(LATENT_DIM, 7, num_layers=2, bidirectional=True),
    "gru_deep": lambda: kv.GRUEncoder(LATENT_DIM, 7, num_layers=2, bidirectional=True, dropout=0.2),
    "gru_reversed": lambda: kv.GRUEncoder(LATENT_DIM, hidden_units=7, reverse=True),
}
DECODERS = {
    "dense": lambda: kv.DenseDecoder(EVENT_SHAPE, hidden_units=7),
    "lstm": lambda: kv.LSTMDecoder(EVENT_SHAPE, hidden_units=7),
    "gru_z": lambda: kv.GRUDecoder(EVENT_SHAPE, 7, num_layers=2, z_at_every_step=True),
    "lstm_teacher": lambda: kv.LSTMDecoder(EVENT_SHAPE, 7, inputs="teacher", word_dropout=0.3),
    "gru_teacher_z": lambda: kv.GRUDecoder(EVENT_SHAPE, 7, inputs="teacher", z_at_every_step=True),
    "gru_own": lambda: kv.GRUDecoder(EVENT_SHAPE, 7, inputs="own"),
    "linear": lambda: kv.DenseDecoder(EVENT_SHAPE, num_layers=0),
}
LIKELIHOODS = {
    "bernoulli": lambda: kv.Bernoulli(),
    "gaussian": lambda: kv.Gaussian(),
    "gaussian_fixed": lambda: kv.Gaussian(scale=0.5),
    "multinomial": lambda: kv.Multinomial(),
}
# Each part is in a model or more; an encoder and a likelihood meet in nothing but z.
MODELS = [
    ("dense", "dense", "bernoulli"),
    ("dense_tanh", "dense", "gaussian"),
    ("lstm", "dense", "gaussian_fixed"),
    ("gru", "dense", "bernoulli"),
    ("lstm_deep", "dense", "gaussian"),
    ("gru_deep", "dense", "gaussian_fixed"),
    ("gru", "lstm", "gaussian"),
    ("lstm", "gru_z", "bernoulli"),
    ("gru_reversed", "lstm_teacher", "bernoulli"),
    ("dense", "gru_teacher_z", "gaussian"),
    ("gru", "gru_own", "bernoulli"),
    ("bag", "linear", "multinomial"),
    ("dense_bounded", "dense", "bernoulli"),
    ("gru", "linear", "multinomial"),
]
ALL_MODELS = MODELS
# What differs between backends is in the layers, which all have tests of their own, and in loops.
if keras.backend.backend() != "tensorflow":
    MODELS = [
        ("lstm_deep", "dense", "gaussian"),
        ("gru", "gru_own", "bernoulli"),
        ("gru_reversed", "lstm_teacher", "bernoulli"),
        ("bag", "linear", "multinomial"),
    ]
MODELS = {"-".join(names): names for names in MODELS}


def make_model(names, **options):
    """A small model from a name of each family."""
    encoder, decoder, likelihood = names
    return kv.VAE(
        ENCODERS[encoder](), DECODERS[decoder](), LIKELIHOODS[likelihood](), seed=3, **options
    )
