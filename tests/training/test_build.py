"""From settings to the objective that a run trains on."""

import numpy as np
import pytest

import keras_vrae as kv
from keras_vrae import datasets
from keras_vrae.training import ExperimentConfig
from keras_vrae.training.build import make_model, make_objective
from keras_vrae.validation import SettingError


@pytest.mark.parametrize(
    ("settings", "steps", "betas"),
    [
        ({}, [0, 100], [1, 1]),
        ({"beta": 4.0}, [0, 100], [4, 4]),
        ({"dataset": "mnist"}, [0, 10, 25, 100], [0, 0.4, 1, 1]),
        ({"kl_schedule": "linear"}, [0, 5, 25, 100], [0, 0.2, 1, 1]),
        ({"kl_schedule": "linear", "kl_warmup_steps": 10, "beta": 2.0}, [0, 5, 10], [0, 1, 2]),
        ({"kl_schedule": "sigmoid", "kl_warmup_steps": 50}, [0, 25, 50], [0, 0.5, 1]),
        (
            {"kl_schedule": "cyclical", "kl_warmup_steps": 80},
            [0, 5, 10, 25, 80],
            [0, 0.5, 1, 0.5, 1],
        ),
    ],
)
def test_weight_of_the_kl_term_by_step(settings, steps, betas):
    objective = make_objective(ExperimentConfig(**settings), steps=100)
    assert isinstance(objective, kv.ELBO)
    found = [float(objective.beta(step)) for step in steps]
    np.testing.assert_allclose(found, betas, atol=1e-6)


def test_a_training_of_few_steps_has_all_its_cycles():
    assert make_objective(ExperimentConfig(kl_schedule="cyclical"), steps=3).beta.cycles == 4


def test_capacity_rises_to_its_target():
    objective = make_objective(ExperimentConfig(capacity=8.0, beta=30.0), steps=100)
    assert [float(objective.capacity(step)) for step in (0, 25, 50, 90)] == [0, 4, 8, 8]
    assert float(objective.beta(0)) == 30


@pytest.mark.parametrize(("name", "is_dreg"), [("iwae", False), ("dreg", True)])
def test_importance_weighted_objectives(name, is_dreg):
    objective = make_objective(ExperimentConfig(objective=name, importance_samples=7), steps=100)
    expected = kv.IWAE(7, doubly_reparameterized=is_dreg).get_config()
    assert objective.get_config() == expected


def test_model_has_the_objective_of_its_settings():
    config = ExperimentConfig(encoder="gru", hidden_units=8, free_bits=0.25, importance_samples=2)
    model = make_model(config, datasets.load("digits"))
    assert (model.objective.free_bits, model.objective.num_samples) == (0.25, 2)


def test_prior_of_a_mixture():
    config = ExperimentConfig(encoder="dense", hidden_units=8, prior="mixture", latent_dim=3)
    model = make_model(config, datasets.load("digits"))
    assert isinstance(model.prior, kv.MixtureOfGaussians)
    assert model.prior.means.shape == (10, 3)


@pytest.mark.parametrize("encoder", ["dense", "gru"])
def test_pseudo_inputs_start_from_training_examples(encoder):
    config = ExperimentConfig(encoder=encoder, hidden_units=8, prior="vamp", prior_components=40)
    splits = datasets.load("digits")
    models = [make_model(config, splits) for _ in range(2)]
    inputs, again = (np.asarray(model.prior.pseudo_inputs) for model in models)
    np.testing.assert_array_equal(inputs, again)
    rows = {row.tobytes() for row in splits.train.x}
    assert len({row.tobytes() for row in inputs} & rows) == 40


def test_more_pseudo_inputs_than_training_examples_are_refused():
    config = ExperimentConfig(hidden_units=4, prior="vamp", prior_components=1295)
    with pytest.raises(SettingError, match="`prior_components` must be at most the 1294 training"):
        make_model(config, datasets.load("digits"))


@pytest.mark.parametrize(("scale", "shape"), [(0.5, (8, 8)), ("per_value", (8, 8, 2))])
def test_scale_of_the_likelihood(scale, shape):
    config = ExperimentConfig(encoder="dense", hidden_units=4, likelihood_scale=scale)
    model = make_model(config, datasets.load("digits"))
    assert model.likelihood.scale == scale
    assert tuple(model.decoder.parameters_shape) == shape
