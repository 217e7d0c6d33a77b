"""The latent space of a run as the page draws it: codes, directions, and the prior."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from keras import ops

from keras_vrae.models import VAE
from keras_vrae.priors import MixtureOfGaussians, StandardNormal, VampPrior
from keras_vrae.priors.mixture import bounded_log_var

MOST_DIRECTIONS = 64  # Latent dimensions; of more, the page has no principal directions.
MOST_PRIOR_NUMBERS = 20_000


def latent_space_for_json(model: VAE, codes: np.ndarray) -> dict[str, Any]:
    """Returns codes, their centre and principal directions, and the prior, for JSON.

    Args:
        model: the `VAE` of the codes.
        codes: posterior means, `(N, S)`; S is less than the latent dimensions Z if some of these
            are private to each example, which are 0 then.
    """
    codes = np.pad(codes, ((0, 0), (0, model.latent_dim - codes.shape[1])))
    centre = codes.mean(axis=0)
    directions = None
    if 2 < model.latent_dim <= MOST_DIRECTIONS:
        directions = _encoded(principal_directions(codes), "<f4")
    return {
        "latentDim": model.latent_dim,
        "codes": _encoded(codes, "<f2"),
        "centre": centre.astype("float64").tolist(),
        "directions": directions,
        "prior": _components(model),
    }


def principal_directions(codes: np.ndarray) -> np.ndarray:
    """Returns orthonormal directions `(Z, Z)`, a row each, from the largest variance downwards.

    The largest part of each is positive, so that a direction does not turn around by chance.

    Args:
        codes: `(N, Z)`.

    Example:
        >>> from keras_vrae.report.explorer.latent_space import principal_directions
        >>> principal_directions(np.array([[0.0, -2.0], [1.0, 0.0], [0.0, 2.0]])).round(2)
        array([[0., 1.],
               [1., 0.]])
    """
    centred = codes.astype("float64") - codes.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    directions = directions.T[::-1]
    largest = np.abs(directions).argmax(axis=1)
    return directions * np.sign(directions[np.arange(len(directions)), largest])[:, np.newaxis]


def _components(model):
    """Returns the components of the prior, a list of dicts; empty if its kind is not known."""
    prior = model.prior
    if type(prior) is StandardNormal:
        means, variances, weights = np.zeros((1, model.latent_dim)), None, np.ones(1)
        variances = np.ones_like(means)
    elif type(prior) is MixtureOfGaussians:
        log_vars, weights = bounded_log_var(prior.log_vars), ops.softmax(prior.logits)
        means, variances = prior.means, ops.exp(log_vars)
    elif type(prior) is VampPrior:
        means, log_vars = prior.components()
        variances = ops.exp(log_vars)
        weights = np.full(prior.num_pseudo_inputs, 1 / prior.num_pseudo_inputs)
    else:
        return []
    parts = (ops.convert_to_numpy(part).round(4).tolist() for part in (means, variances, weights))
    components = [
        {"mean": mean, "variance": variance, "weight": weight}
        for mean, variance, weight in zip(*parts, strict=True)
    ]
    return components[: MOST_PRIOR_NUMBERS // (2 * model.latent_dim)]


def _encoded(array, dtype):
    return base64.b64encode(np.ascontiguousarray(array, dtype).tobytes()).decode("ascii")
