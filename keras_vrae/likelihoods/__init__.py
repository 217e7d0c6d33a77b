"""Likelihoods `p(x|z)`: what the decoder's output means."""

from keras_vrae.likelihoods.bernoulli import Bernoulli
from keras_vrae.likelihoods.categorical import Categorical
from keras_vrae.likelihoods.gaussian import Gaussian
from keras_vrae.likelihoods.likelihood import Likelihood
from keras_vrae.likelihoods.multinomial import Multinomial
from keras_vrae.validation import SettingError, check_choice, complaint

__all__ = [
    "LIKELIHOODS",
    "Bernoulli",
    "Categorical",
    "Gaussian",
    "Likelihood",
    "Multinomial",
    "get",
]

LIKELIHOODS = {
    "bernoulli": Bernoulli,
    "gaussian": Gaussian,
    "multinomial": Multinomial,
    "categorical": Categorical,
}


def get(identifier):
    """Returns the likelihood of that name, or the likelihood itself when it is one already."""
    if isinstance(identifier, Likelihood):
        return identifier
    found = LIKELIHOODS[check_choice("likelihood", identifier, LIKELIHOODS)]
    if found is Categorical:
        expected = "keras_vrae.Categorical(num_categories=V), as a name does not tell V"
        raise SettingError(complaint("likelihood", expected, identifier))
    return found()
