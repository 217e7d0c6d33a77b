"""Likelihoods `p(x|z)`: distributions of x, given the output of the decoder."""

from typing import Any

from keras_vrae.families import Family
from keras_vrae.likelihoods.bernoulli import Bernoulli
from keras_vrae.likelihoods.categorical import Categorical
from keras_vrae.likelihoods.gaussian import Gaussian
from keras_vrae.likelihoods.likelihood import Likelihood
from keras_vrae.likelihoods.multinomial import Multinomial
from keras_vrae.validation import SettingError, complaint

__all__ = [
    "LIKELIHOODS",
    "Bernoulli",
    "Categorical",
    "Gaussian",
    "Likelihood",
    "Multinomial",
    "get",
]

LIKELIHOODS = Family(
    "likelihood",
    Likelihood,
    {
        "bernoulli": Bernoulli,
        "gaussian": Gaussian,
        "multinomial": Multinomial,
        "categorical": Categorical,
    },
)


def get(identifier: Likelihood | str | dict[str, Any], **options: Any) -> Likelihood:
    """Returns the likelihood that a name, a config or an instance stands for; see `Family.get`."""
    if identifier == "categorical" and "num_categories" not in options:
        expected = "keras_vrae.Categorical(num_categories=V), as the name alone leaves V open"
        raise SettingError(complaint("likelihood", expected, identifier))
    return LIKELIHOODS.get(identifier, **options)
