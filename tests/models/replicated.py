"""Trains on one device, on two devices or as one of two workers; see test_processes.py.

    python replicated.py one|mirrored|multi_worker OUTPUT

The global batch is the same, and the last one of an epoch is a single example, of which one replica
has none. Gradients are clipped and the weight of the KL divergence changes. The variance of q(z|x)
is nearly zero, so that the noise, of which each replica draws its own, makes no difference.
"""

import sys

import keras
import numpy as np
import tensorflow as tf

import keras_vrae


def strategy_of(way):
    if way == "multi_worker":
        return tf.distribute.MultiWorkerMirroredStrategy()
    if way == "mirrored":
        cpu = tf.config.list_physical_devices("CPU")[0]
        two = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(cpu, two)
        return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    return tf.distribute.OneDeviceStrategy("CPU:0")


def main(way, output):
    strategy = strategy_of(way)
    x = np.random.default_rng(0).random((65, 4, 3)).astype("float32")
    keras.utils.set_random_seed(0)
    with strategy.scope():
        objective = keras_vrae.ELBO(beta=keras_vrae.schedules.LinearWarmup(8))
        model = keras_vrae.build("gru", (4, 3), hidden_units=8, objective=objective, seed=0)
        model.encoder.z_log_var_head.set_weights([np.zeros((8, 2)), np.full(2, -20.0)])
        model.encoder.z_log_var_head.trainable = False
        # With a small epsilon Adam would take whole steps for gradients that are only rounding.
        model.compile(keras_vrae.optimizers.Adam(0.01, global_clipnorm=0.1, epsilon=1e-2))
    history = model.fit(x, batch_size=32, epochs=2, shuffle=False, verbose=0).history
    np.savez(
        output,
        weights=np.concatenate([weights.ravel() for weights in model.get_weights()]),
        history=np.array([history[name] for name in sorted(history)]),
        evaluation=np.array(model.evaluate(x, batch_size=32, verbose=0)),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
