import pytest

from keras_vrae.training import ExperimentConfig
from keras_vrae.validation import SettingError


def test_defaults_follow_the_data_set():
    digits, mnist = ExperimentConfig(), ExperimentConfig(dataset="mnist")
    assert (digits.epochs, digits.batch_size, digits.likelihood) == (60, 32, "gaussian")
    assert (digits.binarization, digits.is_bound) == ("none", True)
    assert (mnist.epochs, mnist.batch_size, mnist.likelihood) == (20, 128, "bernoulli")
    assert (mnist.binarization, mnist.is_bound) == ("dynamic", True)
    assert ExperimentConfig(likelihood="bernoulli").binarization == "dynamic"
    assert not ExperimentConfig(likelihood="bernoulli", binarization="none").is_bound


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
    ],
)
def test_what_cannot_be_is_refused_by_name(name, value):
    with pytest.raises(SettingError, match=f"`{name}` must be") as error:
        ExperimentConfig(**{name: value})
    assert f"Received: {name}={value!r}" in str(error.value)
