"""The checks that scikit-learn has for estimators of others.

They fit a hundred models, each of which TensorFlow compiles, so that they are run with the dense
encoder alone; the forms of examples are tested with the recurrent ones elsewhere.
"""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from keras_vrae.sklearn import VAEAnomalyDetector, VAEEmbedder

SMALL = {"hidden_units": 4, "latent_dim": 2, "num_updates": 2}
PYOD = "its signs and labels are those of PyOD: 1 for an anomaly, and high scores"
EXPECTED_FAILURES = {
    "VAEEmbedder": {},
    "VAEAnomalyDetector": {
        "check_outliers_train": PYOD,
        "check_outliers_fit_predict": PYOD,
    },
}


@pytest.mark.slow
@parametrize_with_checks(
    [
        VAEEmbedder("dense", **SMALL),
        VAEAnomalyDetector(**SMALL),
    ],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES[type(estimator).__name__],
)
def test_scikit_learn(estimator, check):
    check(estimator)
