"""Models across processes and devices."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from clusters import run_workers

import keras_vrae as kv

REGISTERED = """
import sys
import keras_vrae
assert "keras" in sys.modules
import keras
for name in ("VAE", "LSTMEncoder", "DenseDecoder", "Bernoulli", "ELBO", "LinearWarmup"):
    assert keras.saving.get_registered_object(f"keras_vrae>{name}") is not None, name
"""

LOAD = """
import sys
import numpy as np
import keras_vrae
import keras
model = keras.saving.load_model(sys.argv[1])
x = np.load(sys.argv[2])
history = model.fit(x, epochs=2, verbose=0, shuffle=False).history
np.savez(sys.argv[3], z_mean=model.encode(x).z_mean, loss=history["loss"])
"""


def run(script, *arguments):
    result = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["dense", "lstm", "gru"])
def test_keras_file_continues_in_another_process(encoder, tmp_path):
    x = np.random.default_rng(0).random((40, 4, 3)).astype("float32")
    model = kv.build(encoder, (4, 3), hidden_units=8, seed=5)
    model.compile()
    model.fit(x, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", x)
    paths = [tmp_path / name for name in ("model.keras", "x.npy", "out.npz")]
    run(LOAD, *paths)
    history = model.fit(x, epochs=2, verbose=0, shuffle=False).history
    with np.load(paths[2]) as theirs:
        np.testing.assert_array_equal(theirs["loss"], history["loss"])
        np.testing.assert_array_equal(theirs["z_mean"], model.encode(x).z_mean)


@pytest.mark.slow
def test_importing_the_package_makes_its_classes_known_to_keras():
    run(REGISTERED)


def trained(way, folder, processes=1):
    """Weights and metrics that each process of a way has written, a list of dicts."""
    script = str(Path(__file__).with_name("replicated.py"))
    outputs = [str(folder / f"{way}-{index}.npz") for index in range(processes)]
    for status, stderr in run_workers([[script, way, output] for output in outputs]):
        assert status == 0, stderr[-3000:]
    return [dict(np.load(output)) for output in outputs]


@pytest.mark.slow
def test_two_replicas_and_two_processes_train_as_one_device(tmp_path):
    (one,) = trained("one", tmp_path)
    for way, processes in (("mirrored", 1), ("multi_worker", 2)):
        for other in trained(way, tmp_path, processes):
            assert other.keys() == one.keys()
            for name in one:
                np.testing.assert_allclose(other[name], one[name], rtol=0, atol=1e-5, err_msg=name)
