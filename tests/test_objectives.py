import numpy as np
import pytest

from keras_vrae import ELBO, ElboTerms
from keras_vrae.validation import SettingError

TERMS = ElboTerms(
    log_likelihood=np.array([[-10.0, -20.0], [-14.0, -22.0]], "float32"),
    kl=np.array([1.0, 2.0], "float32"),
)


def test_terms():
    np.testing.assert_allclose(TERMS.reconstruction, [12.0, 21.0])
    np.testing.assert_allclose(TERMS.elbo, [-13.0, -23.0])


@pytest.mark.parametrize(
    ("beta", "loss"), [(1.0, [13.0, 23.0]), (0.0, [12.0, 21.0]), (4, [16, 29])]
)
def test_elbo_weighs_the_kl(beta, loss):
    np.testing.assert_allclose(ELBO(beta=beta)(TERMS), loss)


@pytest.mark.parametrize("settings", [{"beta": -1}, {"beta": np.nan}, {"num_samples": 0}])
def test_wrong_settings(settings):
    with pytest.raises(SettingError, match=f"`{next(iter(settings))}` must be"):
        ELBO(**settings)


def test_config_round_trip():
    config = ELBO(beta=0.5, num_samples=3).get_config()
    assert ELBO.from_config(config).get_config() == config
