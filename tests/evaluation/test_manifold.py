"""The decoded plane follows the quantiles of the model's own prior."""

from statistics import NormalDist

import numpy as np
import pytest

import keras_vrae as kv
from keras_vrae.evaluation.manifold import decode_grid
from keras_vrae.validation import SettingError


@pytest.mark.parametrize("prior", ["normal", "mixture"])
def test_the_grid_has_the_quantiles_of_the_prior(prior):
    model = kv.build("dense", (4,), latent_dim=2, hidden_units=8, prior=prior, seed=0)
    low, middle, high = [0.02, 0.02], [0.5, 0.5], [0.98, 0.98]
    z = model.prior.quantile(np.array([low, middle, high]))
    if prior == "normal":
        exact = [NormalDist().inv_cdf(quantile) for quantile in (0.02, 0.5, 0.98)]
        np.testing.assert_allclose(z, np.column_stack([exact, exact]), rtol=1e-12)
    grid = decode_grid(model, 3)
    np.testing.assert_allclose(grid[[0, 1, 2], [0, 1, 2]], model.decode(z), rtol=1e-5)
    corner = np.array([[z[2, 0], z[0, 1]]])
    np.testing.assert_allclose(grid[0, 2], model.decode(corner)[0], rtol=1e-5)


def test_only_planes_are_decoded():
    model = kv.build("dense", (4,), latent_dim=3, hidden_units=8, prior="mixture")
    with pytest.raises(SettingError, match="`model` must be one with 2 latent dimensions"):
        decode_grid(model, 3)
