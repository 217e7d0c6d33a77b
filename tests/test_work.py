"""How much work a training step is, in operations, so that a regression shows on any machine."""

import collections

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.eager import context

import keras_vrae as kv
from keras_vrae.backend.tensorflow import batch_split
from keras_vrae.backend.tensorflow.recurrent import layers as recurrent
from keras_vrae.backend.tensorflow.threads import traced_as_limited

EVENT_SHAPE = (28, 28)
# Upper bounds of (matrix products, operations) in the graph of a training step and of encoding. Of
# the products of the dense model its 7 layers have 3 each, the first 2, and the likelihood has 3. A
# recurrent layer has, in each of two shards, one for each of 28 time steps and one for the input of
# each seven steps, which the GRU projects in three parts; in training another one for each step,
# and three more for each seven steps.
LSTM_TRAIN, LSTM_ENCODE = 18 + 2 * (28 * 2 + 4 + 4 * 3), 2 + 2 * (28 + 4)
GRU_TRAIN, GRU_ENCODE = 18 + 2 * (28 * 2 + 4 * 3 + 4 * 3), 2 + 2 * (28 + 4 * 3)
BOUNDS = {
    "dense": {"train": (23, 650), "encode": (4, 45)},
    "lstm": {"train": (LSTM_TRAIN, 2750), "encode": (LSTM_ENCODE, 950)},
    "gru": {"train": (GRU_TRAIN, 2700), "encode": (GRU_ENCODE, 1060)},
}


BATCH_PRODUCTS = ("BatchMatMulV2", "BatchMatMulV3")
# Products with limited threads: `MatMul`, of which hidden and output layers have twice as many, as
# they are split too, and a recurrent layer those of its input; and those that obey the limit.
WITH_LIMIT = {"dense": (37, 0), "lstm": (24 + 8, 136), "gru": (24 + 24, 136)}


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch):
    for module in (recurrent, batch_split):
        monkeypatch.setattr(module, "part_count", lambda: 2)


def count_operations(function):
    """How often each kind of operation stands in a concrete function, a `Counter`.

    Functions that it calls (loops, branches, shards) are counted where they are defined, once.
    """
    graph = function.graph.as_graph_def()
    bodies = [graph.node, *(inner.node_def for inner in graph.library.function)]
    return collections.Counter(node.op for body in bodies for node in body)


def products_in(operations):
    """Number of matrix products among them."""
    return sum(operations[kind] for kind in ("MatMul", *BATCH_PRODUCTS, "Einsum"))


def train_step_of(model, batch_size=32, around=lambda step: step):
    """The concrete function of one training step, or of what is put around it."""
    model.optimizer.build(model.trainable_variables)
    x = tf.TensorSpec((batch_size, *model.event_shape), "float32")
    step = tf.function(around(model.train_step), autograph=False)
    return step.get_concrete_function(x)


def make_model(encoder):
    model = kv.build(encoder, EVENT_SHAPE, hidden_units=8, seed=0)
    model.compile("adam", jit_compile=False)
    return model


@pytest.mark.parametrize("encoder", BOUNDS)
def test_operations_of_a_training_step(encoder):
    operations = count_operations(train_step_of(make_model(encoder)))
    most_products, most_operations = BOUNDS[encoder]["train"]
    assert 7 <= products_in(operations) <= most_products, operations
    assert operations.total() <= most_operations, operations


@pytest.mark.parametrize("encoder", BOUNDS)
def test_products_of_a_training_step_with_limited_threads(encoder):
    operations = count_operations(train_step_of(make_model(encoder), around=traced_as_limited))
    most, of_recurrent_layer = WITH_LIMIT[encoder]
    assert operations["MatMul"] <= most, operations
    assert sum(operations[kind] for kind in BATCH_PRODUCTS) == of_recurrent_layer, operations


@pytest.mark.parametrize("encoder", BOUNDS)
def test_operations_of_encoding(encoder):
    model = make_model(encoder)
    signature = tf.TensorSpec((None, *EVENT_SHAPE), "float32")
    function = tf.function(model.encoder).get_concrete_function(signature)
    operations = count_operations(function)
    most_products, most_operations = BOUNDS[encoder]["encode"]
    assert 3 <= products_in(operations) <= most_products, operations
    assert operations.total() <= most_operations, operations


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["lstm", "gru"])
def test_steps_back_multiply_by_weights_transposed_once(encoder):
    """Grappler would give each of these products a transposed factor, which makes it slower."""
    model = make_model(encoder)
    model.optimizer.build(model.trainable_variables)
    context.enable_run_metadata()
    try:
        tf.function(model.train_step)(np.zeros((32, *EVENT_SHAPE), "float32"))
        graphs = context.export_run_metadata().partition_graphs
    finally:
        context.disable_run_metadata()
    nodes = max((graph.node for graph in graphs), key=len)
    products = [node for node in nodes if node.op in ("MatMul", "_MklMatMul")]
    assert len(products) > 2 * 28
    # Those of the dense layers.
    assert sum(node.attr["transpose_b"].b for node in products) <= 5


@pytest.mark.parametrize("compiled", [False, True])
def test_xla_gets_no_operation_that_it_cuts_in_rows(compiled, monkeypatch):
    found, original = [], tf.raw_ops.DynamicStitch

    def stitch(**arguments):
        found.append(arguments)
        return original(**arguments)

    monkeypatch.setattr(tf.raw_ops, "DynamicStitch", stitch)
    layer, x = kv.layers.LSTM(4), tf.ones((2, 3, 4))
    layer.build(x.shape)

    @tf.function(jit_compile=compiled)
    def gradient():
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(layer(x))
        return tape.gradient(total, layer.trainable_variables)

    for value in gradient():
        assert np.isfinite(value).all()
    assert bool(found) != compiled


def traces_of(monkeypatch, train):
    """How often `train_step` is traced while `train` runs, by the batch size it is traced for."""
    traced = collections.Counter()
    original = kv.VAE.train_step

    def train_step(self, data):
        x = data[0] if isinstance(data, tuple) else data
        traced[x.shape[0]] += 1
        return original(self, data)

    with monkeypatch.context() as patch:
        patch.setattr(kv.VAE, "train_step", train_step)
        train()
    return traced


@pytest.mark.slow
@pytest.mark.parametrize("encoder", BOUNDS)
def test_fit_traces_its_step_for_two_shapes_at_most(encoder, monkeypatch):
    model = make_model(encoder)
    x = np.random.default_rng(0).random((40, *EVENT_SHAPE), dtype="float32")
    # The last batch of an epoch has 8 examples, the others 16.
    traced = traces_of(monkeypatch, lambda: model.fit(x, batch_size=16, epochs=3, verbose=0))
    assert 1 <= traced.total() <= 2, traced
    again = traces_of(monkeypatch, lambda: model.fit(x, batch_size=16, epochs=1, verbose=0))
    assert not again, "a second fit of the same shapes traced again"


def test_steps_per_execution_traces_no_more(monkeypatch):
    model = kv.build("dense", EVENT_SHAPE, hidden_units=8, seed=0)
    model.compile("adam", steps_per_execution=4)
    x = np.random.default_rng(0).random((72, *EVENT_SHAPE), dtype="float32")
    traced = traces_of(monkeypatch, lambda: model.fit(x, batch_size=16, epochs=2, verbose=0))
    assert traced.total() <= 3, traced


def test_encoding_compiles_once():
    model = make_model("gru")
    x = np.random.default_rng(0).random((20, *EVENT_SHAPE), dtype="float32")
    for batch_size in (8, 16, 20):
        model.encode(x, batch_size=batch_size)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(model.encoder), "call", None)  # A trace would need it.
        model.encode(x, batch_size=5)
