import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_vrae as kv

GRADIENTS = np.random.default_rng(0).normal(size=(7, 2, 3)).astype("float32")


def trained(kind, jit_compile=None, **options):
    """A weight after so many steps of an optimizer, in a graph unless `jit_compile` is None."""
    weight = keras.Variable(np.ones((2, 3), "float32"))
    rate = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=80)
    optimizer = kind(rate, **options)
    optimizer.build([weight])

    def run():
        for gradient in tf.unstack(tf.constant(GRADIENTS)):
            optimizer.apply([gradient], [weight])

    tf.function(run, jit_compile=jit_compile)() if jit_compile is not None else run()
    return weight.numpy()


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"epsilon": 1e-4, "beta_1": 0.5, "beta_2": 0.9},
        {"global_clipnorm": 0.5, "weight_decay": 0.1},
        {"gradient_accumulation_steps": 3},
        {"use_ema": True, "ema_momentum": 0.5},
        {"amsgrad": True},
    ],
    ids=lambda options: "-".join(options) or "plain",
)
def test_is_the_adam_of_keras(options, jit_compile):
    plain = trained(keras.optimizers.Adam, **options)
    ours = trained(kv.optimizers.Adam, jit_compile, **options)
    np.testing.assert_allclose(ours, plain, atol=1e-5)
    assert np.abs(plain - 1).max() > 0.01


@pytest.mark.slow
def test_takes_one_operation_for_each_weight():
    model = kv.build("dense", (4, 4), hidden_units=8, seed=0)
    model.compile("adam")
    model.optimizer.build(model.trainable_variables)
    step = tf.function(model.train_step).get_concrete_function(tf.TensorSpec((2, 4, 4)))
    kinds = [operation.type for operation in step.graph.get_operations()]
    assert kinds.count("ResourceApplyAdam") == len(model.trainable_variables)
    assert "Sqrt" not in kinds


@pytest.mark.slow
def test_replicas_train_as_one_device_does():
    """With one replica; `test_two_replicas_and_two_processes_train_as_one_device` has two."""
    strategy = tf.distribute.OneDeviceStrategy("/cpu:0")
    x = np.random.default_rng(0).random((8, 4, 4)).astype("float32")
    weights = []
    for scope in (strategy.scope(), tf.name_scope("plain")):
        with scope:
            keras.utils.set_random_seed(0)
            model = kv.build("dense", (4, 4), hidden_units=8, seed=0)
            model.compile(kv.optimizers.Adam(global_clipnorm=0.1))
        model.fit(x, batch_size=4, epochs=2, shuffle=False, verbose=0)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
