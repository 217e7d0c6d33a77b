"""What the three encoders reach on real data."""

import pytest

from keras_vrae.training import ExperimentConfig, train_and_evaluate


@pytest.mark.slow
# The first command of the README trains an LSTM, and its test holds that to the same.
def test_digits(tmp_path):
    metrics = train_and_evaluate(ExperimentConfig(encoder="dense"), tmp_path / "run")
    test = metrics["test"]
    assert test["elbo"] > 9.0
    assert test["knn_accuracy"] > 0.78
    assert test["active_units"] == 2


@pytest.mark.slow
def test_mnist(mnist_dir, tmp_path):
    settings = {"dataset": "mnist", "data_dir": str(mnist_dir), "epochs": 3, "nll_samples": 0}
    config = ExperimentConfig("dense", **settings)
    test = train_and_evaluate(config, tmp_path / "run")["test"]
    assert test["elbo"] > -160.0
    assert test["knn_accuracy"] > 0.60
