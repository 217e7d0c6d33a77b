"""A world whose marginal likelihood is known exactly, and models of it.

With a linear decoder `x = W z + b + noise`, `p(x)` is the Gaussian `N(b, W W' + scale^2 I)` and the
posterior is Gaussian too.
"""

from typing import NamedTuple

import numpy as np
import scipy.stats

import keras_vrae as kv

D, Z, SCALE = 6, 2, 0.7


class World(NamedTuple):
    """The parameters of the linear decoder, and the exact marginal of x."""

    weights: np.ndarray
    offset: np.ndarray
    marginal: object


def make_world():
    """A fixed world whose exact posterior is diagonal, as the encoder's is."""
    rng = np.random.default_rng(4)
    weights = np.linalg.qr(rng.normal(size=(D, Z)))[0] * [2.0, 1.2]
    offset = rng.normal(size=D)
    covariance = weights @ weights.T + SCALE**2 * np.eye(D)
    return World(weights, offset, scipy.stats.multivariate_normal(offset, covariance))


def exact_model(weights, offset, objective=None):
    """A VAE whose encoder is the exact posterior of its linear decoder."""
    precision = np.eye(Z) + weights.T @ weights / SCALE**2
    gain = np.linalg.solve(precision, weights.T) / SCALE**2
    encoder = kv.DenseEncoder(Z, hidden_units=D, num_layers=1, activation="linear")
    decoder = kv.DenseDecoder((D,), hidden_units=Z, num_layers=1, activation="linear")
    model = kv.VAE(encoder, decoder, kv.Gaussian(scale=SCALE), objective, seed=0)
    encoder.mlp.layers[0].set_weights([np.eye(D), np.zeros(D)])
    encoder.z_mean_head.set_weights([gain.T, -gain @ offset])
    encoder.z_log_var_head.set_weights([np.zeros((D, Z)), -np.log(np.diag(precision))])
    decoder.mlp.layers[0].set_weights([np.eye(Z), np.zeros(Z)])
    decoder.output_layer.set_weights([weights.T, offset])
    return model


def wrong_model(weights, offset, objective=None):
    """The same with a posterior that is off: its means by some, its variances by a third."""
    model = exact_model(weights, offset, objective)
    kernel, bias = model.encoder.z_mean_head.get_weights()
    model.encoder.z_mean_head.set_weights([kernel * 0.8, bias + 0.1])
    kernel, bias = model.encoder.z_log_var_head.get_weights()
    model.encoder.z_log_var_head.set_weights([kernel, bias + np.log(4 / 3)])
    return model
