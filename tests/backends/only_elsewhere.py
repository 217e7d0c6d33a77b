"""Refusals on JAX and PyTorch of what needs TensorFlow; `test_elsewhere.py` runs these tests."""

import numpy as np
import pytest
from scipy import sparse

import keras_vrae as kv
from keras_vrae import backend
from keras_vrae.training import ExperimentConfig
from keras_vrae.validation import SettingError
from keras_vrae_cli import program


def test_what_only_tensorflow_has_is_refused():
    model = kv.build("dense", (4,), hidden_units=4)
    model.compile()
    with pytest.raises(SettingError, match="`KERAS_BACKEND` must be tensorflow for sparse"):
        model.fit(sparse.eye(4).tocsr())
    for settings in (
        {"dataset": "newsgroups"},
        {"dataset": "tfrecord:x*"},
        {"strategy": "mirrored"},
        {"deterministic": True},
        {"backend": "tensorflow"},
    ):
        with pytest.raises(SettingError, match="Received"):
            ExperimentConfig(**settings)


def test_program(tmp_path, capsys):
    folder = tmp_path / "run"
    flags = ["--hidden_units=8", "--nll_samples=4", f"--run_dir={folder}"]
    flags += ["--encoder=dense", f"--backend={backend.name}"]
    assert program.main("train", "train", [*flags, "--epochs=1"]) == 0
    assert program.main("train", "train", [*flags, "--epochs=1", "--resume"]) == 0
    assert backend.runtime.title in capsys.readouterr().out
    assert (folder / "metrics.json").exists()
    assert program.main("evaluate", "evaluate", [str(folder)]) == 0


def test_program_refuses_what_needs_tensorflow(tmp_path, capsys):
    flags = [f"--run_dir={tmp_path / 'run'}", "--encoder=dense"]
    assert program.main("train", "train", [*flags, f"--export_dir={tmp_path / 'export'}"]) == 2
    assert "`export_dir` must be left out" in capsys.readouterr().err
    assert program.main("train", "train", [*flags, "--backend=tensorflow"]) == 2
    assert f"`backend` must be '{backend.name}'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_standardization_that_needs_float64():
    standardization = kv.Standardization([1e9], [1.0])
    parts = kv.GRUEncoder(2, 4), kv.DenseDecoder((5, 1), 4), "gaussian"
    if backend.has_float64:
        model = kv.VAE(*parts, standardization=standardization)
        x = 1e9 + np.random.default_rng(0).normal(size=(6, 5, 1))
        low = kv.VAE(*parts)
        low.set_weights(model.get_weights())
        expected = low.encode(standardization.of_array(x).astype("float32")).z_mean
        np.testing.assert_allclose(model.encode(x).z_mean, expected, atol=1e-6)
        model.compile()
        model.fit(x, verbose=0)
        return
    with pytest.raises(SettingError, match="JAX has no float64"):
        kv.VAE(*parts, standardization=standardization)
