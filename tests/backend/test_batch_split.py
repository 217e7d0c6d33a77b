"""A batch that is split over the cores gives the results of the whole batch."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import ROOT

import keras_vrae as kv
from keras_vrae.backend.tensorflow import batch_split


@pytest.fixture
def _three_parts(monkeypatch):
    monkeypatch.setattr(tf.config.threading, "get_intra_op_parallelism_threads", lambda: 1)
    monkeypatch.setattr(batch_split, "part_count", lambda: 3)


def test_an_operation_with_all_cores_is_left_whole():
    x = tf.ones((7, 2))
    seen = []
    batch_split.split_over_cores(lambda part: seen.append(part.shape[0]) or part, x)
    assert seen == [7]


@pytest.mark.usefixtures("_three_parts")
def test_rows_are_shared_out():
    x = tf.reshape(tf.range(14.0), (7, 2))
    seen = []
    result = batch_split.split_over_cores(lambda part: seen.append(part.shape[0]) or part + 1, x)
    np.testing.assert_array_equal(result, x + 1)
    assert sorted(seen) == [2, 2, 3]
    assert batch_split.split_over_cores(lambda part: part, x[:1]).shape == (1, 2)


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [2, 7])
def test_bound_and_gradients_are_those_of_the_whole_batch(batch_size, request):
    x = tf.random.stateless_uniform((batch_size, 5, 3), seed=(0, 1))
    model = kv.build("dense", (5, 3), hidden_units=16, seed=0)

    noise = keras.random.SeedGenerator(3)

    @tf.function
    def bound_and_gradients(x):
        with tf.GradientTape() as tape:
            bound = tf.reduce_mean(model.elbo_terms(model.batch_of((x,)), 2, noise=noise).elbo)
        return bound, tape.gradient(bound, model.trainable_variables)

    whole = tf.nest.flatten(bound_and_gradients.python_function(x))
    noise.state.assign([3, 0])
    request.getfixturevalue("_three_parts")
    function = bound_and_gradients.get_concrete_function(x)
    assert [op.type for op in function.graph.get_operations()].count("SplitV") >= 2
    for ours, theirs in zip(tf.nest.flatten(function(x)), whole, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_threads_are_set_before_tensorflow_works_and_refused_after():
    code = """
import keras_vrae as kv, tensorflow as tf
from keras_vrae.backend import available_cores, one_thread_per_operation
one_thread_per_operation()
threads = tf.config.threading
assert threads.get_intra_op_parallelism_threads() == 1
assert threads.get_inter_op_parallelism_threads() == available_cores()
tf.ones(3)
one_thread_per_operation()  # Nothing changes, so there is nothing to refuse.
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)
