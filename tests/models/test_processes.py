"""Models across processes and devices."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import replicated
from clusters import run_workers
from conftest import ROOT

import keras_vrae as kv

ENCODERS = ("dense", "lstm", "gru")
LOAD = """
import sys
import keras_vrae
assert "keras" in sys.modules
import keras
for name in ("VAE", "LSTMEncoder", "DenseDecoder", "Bernoulli", "ELBO", "LinearWarmup"):
    assert keras.saving.get_registered_object(f"keras_vrae>{name}") is not None, name
import numpy as np
x = np.load("x.npy")
for encoder in sys.argv[1:]:
    model = keras.saving.load_model(f"{encoder}.keras")
    history = model.fit(x, epochs=2, verbose=0, shuffle=False).history
    np.savez(f"{encoder}.npz", z_mean=model.encode(x).z_mean, loss=history["loss"])
"""


@pytest.mark.slow
def test_keras_files_continue_in_a_process_that_only_imports_the_package(tmp_path):
    x = np.random.default_rng(0).random((40, 4, 3)).astype("float32")
    models = {encoder: kv.build(encoder, (4, 3), hidden_units=8, seed=5) for encoder in ENCODERS}
    for encoder, model in models.items():
        model.compile()
        model.fit(x, epochs=2, verbose=0)
        model.save(tmp_path / f"{encoder}.keras")
    np.save(tmp_path / "x.npy", x)
    command = [sys.executable, "-c", LOAD, *ENCODERS]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    for encoder, model in models.items():
        history = model.fit(x, epochs=2, verbose=0, shuffle=False).history
        with np.load(tmp_path / f"{encoder}.npz") as theirs:
            np.testing.assert_array_equal(theirs["loss"], history["loss"])
            np.testing.assert_array_equal(theirs["z_mean"], model.encode(x).z_mean)


def trained(way, folder, processes=1):
    """Weights and metrics that each process of a way has written, a list of dicts."""
    script = str(Path(__file__).with_name("replicated.py"))
    outputs = [str(folder / f"{way}-{index}.npz") for index in range(processes)]
    for status, stderr in run_workers([[script, way, output] for output in outputs]):
        assert status == 0, stderr[-3000:]
    return [dict(np.load(output)) for output in outputs]


@pytest.mark.slow
def test_two_replicas_and_two_processes_train_as_one_device(tmp_path):
    replicated.main("one", tmp_path / "one.npz")
    one = dict(np.load(tmp_path / "one.npz"))
    for way, processes in (("mirrored", 1), ("multi_worker", 2)):
        for other in trained(way, tmp_path, processes):
            assert other.keys() == one.keys()
            for name in one:
                np.testing.assert_allclose(other[name], one[name], rtol=0, atol=1e-5, err_msg=name)
