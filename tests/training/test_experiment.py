import math

import numpy as np
import pytest

from keras_vrae import encoders, likelihoods
from keras_vrae.training import ExperimentConfig, checks
from keras_vrae.validation import SettingError


def test_defaults_follow_the_data_set():
    digits, mnist = ExperimentConfig(), ExperimentConfig(dataset="mnist")
    assert (digits.epochs, digits.batch_size, digits.likelihood) == (60, 32, "gaussian")
    assert (digits.binarization, digits.is_bound) == ("none", True)
    assert (mnist.epochs, mnist.batch_size, mnist.likelihood) == (20, 128, "bernoulli")
    assert (mnist.binarization, mnist.is_bound) == ("dynamic", True)
    assert ExperimentConfig(likelihood="bernoulli").binarization == "dynamic"
    assert not ExperimentConfig(likelihood="bernoulli", binarization="none").is_bound


def test_length_of_training(tmp_path):
    path = tmp_path / "series.npz"
    np.savez(path, x=np.zeros((3, 4, 1)))
    series = ExperimentConfig(dataset=f"timeseries:{path}")
    assert series.epochs is None
    assert series.epochs_of(3) == math.ceil(series.updates / 3)
    assert series.epochs_of(10**6) == 1
    assert ExperimentConfig(updates=83).epochs_of(41) == 3
    assert ExperimentConfig(epochs=5).epochs_of(41) == 5
    assert ExperimentConfig(dataset=f"timeseries:{path}", epochs=5).updates is None
    with pytest.raises(SettingError, match="`updates` must be left out where `epochs` is given"):
        ExperimentConfig(epochs=5, updates=5)
    assert ExperimentConfig.from_dict(series.as_dict()) == series


def test_what_is_compared_between_epochs():
    row = {"val_loss": 17.0, "val_reconstruction": 10.0, "val_kl": 5.0}  # And 2 of labels.
    assert ExperimentConfig().validation_value(row) == 17.0
    assert ExperimentConfig(beta=3.0).validation_value(row) == 27.0
    assert ExperimentConfig(beta=3.0, capacity=9.0).validation_value(row) == 24.0
    assert ExperimentConfig(objective="iwae").validation_value(row) == 17.0


def test_name_is_fit_for_a_folder():
    assert ExperimentConfig(encoder="gru", dataset="tfds:cifar10/plain").name == (
        "tfds-cifar10-plain-gru"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("encoder", "rnn"),
        ("dataset", "minst"),
        ("epochs", 0),
        ("updates", 0),
        ("patience", 0),
        ("batch_size", -1),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("learning_rate_schedule", "linear"),
        ("clipnorm", -1.0),
        ("latent_dim", 0),
        ("hidden_units", 2.5),
        ("likelihood", "poisson"),
        ("binarization", "dynamc"),
        ("binarization", "dynamic"),
        ("seed", -1),
        ("seed", 2**32),
        ("eval_samples", 0),
        ("nll_samples", -1),
        ("objective", "elbow"),
        ("importance_samples", 0),
        ("beta", -0.1),
        ("kl_schedule", "linar"),
        ("kl_warmup_steps", 0),
        ("kl_warmup_steps", 100),
        ("free_bits", -1.0),
        ("capacity", -1.0),
        ("prior", "gaussian"),
        ("prior_components", 3),
        ("likelihood_scale", "wide"),
        ("likelihood_scale", 0.0),
        ("likelihood_scale", -1.0),
        ("likelihood_scale", float("inf")),
        ("likelihood_scale", True),
    ],
)
def test_invalid_values_are_refused_by_name(name, value):
    with pytest.raises(SettingError, match=f"`{name}` must be") as error:
        ExperimentConfig(**{name: value})
    assert f"Received: {name}={value!r}" in str(error.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("beta", 2.0),
        ("kl_schedule", "linear"),
        ("kl_warmup_steps", 10),
        ("free_bits", 0.5),
        ("capacity", 5.0),
    ],
)
@pytest.mark.parametrize("objective", ["iwae", "dreg"])
def test_settings_of_the_kl_term_are_refused_without_one(objective, name, value):
    with pytest.raises(SettingError, match=f"`{name}` must be .* with objective='{objective}'"):
        ExperimentConfig(objective=objective, **{name: value})


@pytest.mark.parametrize(("name", "value"), [("free_bits", 0.5), ("kl_schedule", "linear")])
def test_a_capacity_stands_alone(name, value):
    assert ExperimentConfig(capacity=5.0, beta=10.0, kl_warmup_steps=10).capacity == 5.0
    with pytest.raises(SettingError, match=f"`{name}` must be .* with capacity=5.0"):
        ExperimentConfig(capacity=5.0, **{name: value})


def test_cycles_need_a_step_each():
    with pytest.raises(SettingError, match=r"`kl_warmup_steps` must be .* at least 4"):
        ExperimentConfig(kl_schedule="cyclical", kl_warmup_steps=3)


def test_samples_of_a_step_follow_the_objective():
    assert ExperimentConfig().importance_samples == 1
    assert ExperimentConfig(objective="dreg").importance_samples == 5
    assert ExperimentConfig(objective="dreg").objective_text == "dreg, 5 samples"
    assert ExperimentConfig(free_bits=0.5).objective_text == "elbo, free_bits 0.5"


@pytest.mark.parametrize(
    ("prior", "asked", "components"),
    [("normal", None, None), ("mixture", None, 10), ("vamp", None, 500), ("vamp", 30, 30)],
)
def test_components_follow_the_prior(prior, asked, components):
    config = ExperimentConfig(prior=prior, prior_components=asked)
    assert config.prior_components == components
    assert config.name == ("digits-lstm" if prior == "normal" else f"digits-lstm-{prior}")


@pytest.mark.parametrize("prior", ["mixture", "vamp"])
def test_a_prior_that_does_not_factorize(prior):
    assert ExperimentConfig(prior=prior, beta=2.0, capacity=5.0).capacity == 5.0
    with pytest.raises(SettingError, match=f"`free_bits` must be 0.0 with prior='{prior}'"):
        ExperimentConfig(prior=prior, free_bits=0.5)
    with pytest.raises(SettingError, match=r"`prior_components` must be .* at least 1"):
        ExperimentConfig(prior=prior, prior_components=0)


def test_scale_of_the_likelihood():
    assert ExperimentConfig().likelihood_scale == "learned"
    assert ExperimentConfig(likelihood_scale="per_value").likelihood_scale == "per_value"
    for given in (0.25, "0.25"):  # As in code, and as from the command line.
        assert ExperimentConfig(likelihood_scale=given).likelihood_scale == 0.25
    assert ExperimentConfig(dataset="mnist").likelihood_scale is None
    with pytest.raises(SettingError, match="`likelihood_scale` must be left out with likelihood="):
        ExperimentConfig(dataset="mnist", likelihood_scale="learned")


def test_settings_come_back_from_a_file_of_another_version():
    settings = ExperimentConfig(seed=3, free_bits=0.5).as_dict()
    assert ExperimentConfig.from_dict({**settings, "versions": {}}).as_dict() == settings
    for name in ("objective", "prior", "prior_components", "likelihood_scale"):
        del settings[name]
    before = ExperimentConfig.from_dict(settings)
    assert (before.objective, before.prior, before.likelihood_scale) == (
        "elbo",
        "normal",
        "learned",
    )


def test_names_to_choose_from_are_those_of_the_families():
    assert tuple(encoders.ENCODERS) == checks.NETWORKS
    assert tuple(likelihoods.LIKELIHOODS) == checks.CHOICES["likelihood"]
    assert tuple(encoders.TEXT_ENCODERS) == checks.NETWORKS
