"""The names that are private to Keras and TensorFlow and that the backend relies on, one by one.

A test that fails here says which name a new version has changed; the comment at its use says what
breaks without it.
"""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_vrae as kv


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (keras.Model, "_get_metrics_result_or_logs"),
        (keras.Model, "_maybe_symbolic_build"),
        (keras.Model, "make_train_function"),
        (keras.Model, "make_test_function"),
        (keras.Layer, "_flatten_layers"),
        (keras.optimizers.Optimizer, "_clip_gradients"),
        (keras.optimizers.Adam, "_all_reduce_sum_gradients"),
        (keras.optimizers.Optimizer, "_get_variable_index"),
        (keras.layers.LSTM, "inner_loop"),
        (keras.layers.GRU, "inner_loop"),
    ],
)
def test_method(owner, name):
    assert callable(getattr(owner, name))


@pytest.mark.parametrize("name", ["_momentums", "_velocities"])
def test_moments_of_adam(name):
    optimizer = keras.optimizers.Adam()
    optimizer.build([keras.Variable(np.zeros(2))])
    assert len(getattr(optimizer, name)) == 1


@pytest.mark.parametrize("name", ["_allow_non_tensor_positional_args", "_convert_input_args"])
def test_attribute_of_a_layer(name):
    assert hasattr(keras.layers.Dense(1), name)


@pytest.mark.parametrize("layer", [keras.layers.LSTM(1), keras.layers.GRU(1)])
def test_use_cudnn_is_an_attribute_that_can_be_set(layer):
    assert layer.use_cudnn == "auto"


def test_graph_knows_whether_xla_compiles_it():
    from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

    assert not GraphOrParentsInXlaContext(tf.Graph())


def test_strategy_knows_whether_it_has_workers():
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    assert strategy.extended._in_multi_worker_mode() is False


def test_loops_call_the_hooks_of_the_model():
    seen = []

    class Watched(kv.VAE):
        def _maybe_symbolic_build(self, *args, **kwargs):
            seen.append("build")
            return super()._maybe_symbolic_build(*args, **kwargs)

        def _get_metrics_result_or_logs(self, logs):
            seen.append("logs")
            return super()._get_metrics_result_or_logs(logs)

    model = Watched(kv.DenseEncoder(2, 4), kv.DenseDecoder((3,), 4))
    model.compile()
    model.fit(np.zeros((4, 3)), verbose=0)
    assert {"build", "logs"} <= set(seen)


def test_inner_loop_has_the_arguments_that_our_layers_pass_on():
    names = list(inspect.signature(keras.layers.LSTM.inner_loop).parameters)
    assert names == ["self", "sequences", "initial_state", "mask", "training"]
