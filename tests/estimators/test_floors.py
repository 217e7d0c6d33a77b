"""Defaults that learn: floors for codes and scores. Sets of data that are missing skip by name."""

import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from keras_vrae.datasets.series import read_series
from keras_vrae.evaluation import knn_accuracy
from keras_vrae.sklearn import VAEAnomalyDetector, VAEEmbedder

pytestmark = pytest.mark.slow


def sines(count, seed, steps=50):
    """Two channels of sines `(N, T, 2)` of one of three frequencies, in any phase."""
    rng = np.random.default_rng(seed)
    kinds = np.arange(count) % 3
    turns = np.arange(steps) / steps * 2 * np.pi * (kinds[:, np.newaxis] + 1)
    turns = turns + rng.uniform(0, 2 * np.pi, size=(count, 1))
    return np.stack([np.sin(turns), np.cos(turns)], axis=-1), kinds


def test_codes_of_sines():
    x, y = sines(120, seed=0)
    embedder = VAEEmbedder(random_state=0).fit(x)
    new, kinds = sines(120, seed=1)
    pairs = (embedder.transform(x), y), (embedder.transform(new), kinds)
    assert knn_accuracy(*pairs, num_neighbors=5) >= 0.95


def test_codes_of_italy_power_demand():
    pytest.importorskip("aeon")
    series = read_series("ItalyPowerDemand")
    x, y = np.stack(series.values), np.array(series.labels)
    tests = np.array(series.tests)
    embedder = VAEEmbedder(random_state=0).fit(x[~tests])
    parts = [(embedder.transform(x[part]), y[part]) for part in (~tests, tests)]
    # Eight principal components have .953; half a point for the seed.
    assert knn_accuracy(*parts, num_neighbors=5) >= 0.935


def test_scores_of_heartbeats():
    """ECG5000 of the UCR archive, whose two `.tsv` files must be among the test data."""
    folder = Path(os.environ.get("KERAS_VRAE_TEST_DATA", ""), "ucr")
    if not (folder / "ECG5000_TRAIN.tsv").exists():
        pytest.skip("KERAS_VRAE_TEST_DATA does not name a folder with ucr/ECG5000_TRAIN.tsv")
    train, test = (np.loadtxt(folder / f"ECG5000_{part}.tsv") for part in ("TRAIN", "TEST"))
    detector = VAEAnomalyDetector(random_state=0).fit(train[train[:, 0] == 1, 1:])
    assert roc_auc_score(test[:, 0] != 1, detector.decision_function(test[:, 1:])) >= 0.993
