"""One descriptor for every network and likelihood; the conformance tests run over all of them.

A new encoder, decoder or likelihood is one more line here.
"""

import itertools

import keras_vrae as kv

EVENT_SHAPE = (5, 3)
LATENT_DIM = 2

ENCODERS = {
    "dense": lambda: kv.DenseEncoder(LATENT_DIM, hidden_units=7),
    "dense_tanh": lambda: kv.DenseEncoder(LATENT_DIM, 7, num_layers=1, activation="tanh"),
    "lstm": lambda: kv.LSTMEncoder(LATENT_DIM, hidden_units=7),
    "gru": lambda: kv.GRUEncoder(LATENT_DIM, hidden_units=7),
    "lstm_deep": lambda: kv.LSTMEncoder(LATENT_DIM, 7, num_layers=2, bidirectional=True),
    "gru_deep": lambda: kv.GRUEncoder(LATENT_DIM, 7, num_layers=2, bidirectional=True, dropout=0.2),
}
DECODERS = {
    "dense": lambda: kv.DenseDecoder(EVENT_SHAPE, hidden_units=7),
}
LIKELIHOODS = {
    "bernoulli": lambda: kv.Bernoulli(),
    "gaussian": lambda: kv.Gaussian(),
    "gaussian_fixed": lambda: kv.Gaussian(scale=0.5),
}
MODELS = {"-".join(names): names for names in itertools.product(ENCODERS, DECODERS, LIKELIHOODS)}


def make_model(names, **options):
    """A small model from a name of each family."""
    encoder, decoder, likelihood = names
    return kv.VAE(
        ENCODERS[encoder](), DECODERS[decoder](), LIKELIHOODS[likelihood](), seed=3, **options
    )
