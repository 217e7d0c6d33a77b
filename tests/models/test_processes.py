"""Models across processes and devices."""

import subprocess
import sys

import numpy as np
import pytest

import keras_vrae as kv
from benchmarks import workers

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


@pytest.mark.slow
def test_two_replicas_and_two_processes_train_as_one_device():
    """With the GRU; `python -m benchmarks.workers` does it with all encoders."""
    differences = workers.compare(["gru"])
    assert set(differences) == {"mirrored", "multi_worker, worker 0", "multi_worker, worker 1"}
    for way, largest in differences.items():
        for name, difference in largest.items():
            assert difference < 1e-5, (way, name)
