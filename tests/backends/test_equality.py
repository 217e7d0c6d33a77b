"""One model on three backends: the same numbers, and files that each of them reads."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from conftest import ROOT

import keras_vrae as kv
from keras_vrae import serving

pytestmark = pytest.mark.slow
BACKENDS = ("tensorflow", "jax", "torch")
MODELS = (
    "dense",
    "masked_lstm_with_dreg",
    "two_grus_under_a_vamp_prior",
    "labels_and_weights_under_a_mixture",
    "long_lstm",
)
FAST = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}  # Compilation takes the most time.
PAIRS = list(itertools.permutations(BACKENDS, 2))


def run_on_each(folder):
    """Runs `same_model.py` on every backend, side by side."""
    script = Path(__file__).with_name("same_model.py")
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    processes = [
        subprocess.Popen(
            [sys.executable, script, folder],
            env={**os.environ, **FAST, "KERAS_BACKEND": backend, "PYTHONPATH": paths},
            stderr=subprocess.PIPE,
            text=True,
        )
        for backend in BACKENDS
    ]
    for process in processes:
        assert process.communicate(timeout=600)[1] is not None
        assert process.returncode == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    for package in ("jax", "torch"):
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp("backends")
    run_on_each(folder)
    run_on_each(folder)
    return folder


@pytest.mark.parametrize("backend", ["jax", "torch"])
@pytest.mark.parametrize("name", MODELS)
def test_numbers(folder, name, backend):
    ours, theirs = (np.load(folder / one / f"{name}.npz") for one in ("tensorflow", backend))
    assert sorted(ours) == sorted(theirs)
    for key in ours:
        scale = np.abs(ours[key]).max()
        tolerance = 1e-5 * scale if key.startswith(("loss", "gradient")) else 1e-4 * max(1, scale)
        np.testing.assert_allclose(theirs[key], ours[key], rtol=0, atol=tolerance, err_msg=key)
        assert np.isfinite(ours[key]).all()
    first, *_, last = ours["history loss"]
    assert last < first


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("writer", "reader"), PAIRS)
def test_a_file_of_one_is_read_by_the_others(folder, name, writer, reader):
    expected = np.load(folder / writer / f"{name}.npz")
    found = np.load(folder / reader / f"{name} of {writer}.npz")
    for key in found:
        np.testing.assert_allclose(found[key], expected[key], rtol=1e-5, atol=1e-5, err_msg=key)


@pytest.mark.parametrize("writer", ["jax", "torch"])
def test_what_another_backend_has_trained_is_exported(folder, writer, tmp_path):
    import same_model

    model = keras.saving.load_model(folder / writer / "masked_lstm_with_dreg.keras")
    assert isinstance(model, same_model.FixedVAE)
    serving.export(model, tmp_path)
    assert isinstance(model, kv.VAE)
    assert (tmp_path / "encoder" / "1" / "saved_model.pb").exists()
