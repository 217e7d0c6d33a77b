"""Models across processes and devices."""

import subprocess
import sys

import numpy as np
import pytest

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

REPLICAS = """
import sys
import numpy as np
import keras
import tensorflow as tf
import keras_vrae
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
x = np.random.default_rng(0).random((64, 4, 3)).astype("float32")

def train(strategy):
    keras.utils.set_random_seed(0)
    with strategy.scope():
        model = keras_vrae.build("gru", (4, 3), hidden_units=8, seed=0)
        # With the variance gone there is no noise to differ between replicas.
        model.encoder.z_log_var_head.set_weights([np.zeros((8, 2)), np.full(2, -20.0)])
        model.encoder.z_log_var_head.trainable = False
        model.compile(keras.optimizers.SGD(0.1))
    history = model.fit(x, batch_size=32, epochs=2, shuffle=False, verbose=0).history
    evaluation = model.evaluate(x, batch_size=32, verbose=0)
    return model.get_weights(), history["loss"], evaluation

one = train(tf.distribute.OneDeviceStrategy("CPU:0"))
two = train(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
for a, b in zip(one[0], two[0], strict=True):
    np.testing.assert_allclose(a, b, atol=1e-5)
np.testing.assert_allclose(one[1], two[1], rtol=1e-4)
np.testing.assert_allclose(one[2], two[2], rtol=1e-4)
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
def test_two_replicas_train_as_one_device():
    run(REPLICAS)
