"""The layers against those of Keras, which find their gradients by themselves."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_vrae as kv
from keras_vrae.backend.tensorflow.recurrent import layers as recurrent
from keras_vrae.backend.tensorflow.recurrent.long import STEPS_IN_SEGMENT

PAIRS = {"lstm": (kv.layers.LSTM, keras.layers.LSTM), "gru": (kv.layers.GRU, keras.layers.GRU)}
STEPS, FEATURES, UNITS = 9, 3, 6


def make_pair(kind, rows=None, **options):
    """Our layer and Keras's, with equal weights, none of them zero."""
    keras.utils.set_random_seed(1)
    pair = [layer(UNITS, bias_initializer="normal", **options) for layer in PAIRS[kind]]
    for layer in pair:
        layer.build((rows, None, FEATURES))
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=w.shape, scale=0.5) for w in pair[0].get_weights()]
    for layer in pair:
        layer.set_weights(weights)
    return pair


def run(layer, x, states=(), **call):
    """Returns the results of a layer, and the gradients by its input, first states and weights.

    Ours runs in a graph, as in training; that of Keras, whose answer is the same, at once.
    """
    x = tf.constant(x)
    states = [tf.constant(state) for state in states]

    def compute():
        with tf.GradientTape() as tape:
            tape.watch([x, *states])
            found = layer(x, initial_state=states or None, **call)
            found = found if isinstance(found, (list, tuple)) else [found]
            # A different weight for every number, so that none can stand for another.
            total = sum(tf.reduce_sum(tf.cos(_positions(f)) * tf.sin(f)) for f in found)
        return found, tape.gradient(total, [x, *states, *layer.trainable_variables])

    ours = isinstance(layer, tuple(ours for ours, _ in PAIRS.values()))
    return tf.function(compute)() if ours else compute()


def _positions(tensor):
    return tf.reshape(tf.range(tf.size(tensor), dtype=tensor.dtype), tf.shape(tensor))


def assert_equal(ours, theirs):
    for mine, other in zip(tf.nest.flatten(ours), tf.nest.flatten(theirs), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-5, atol=1e-5)


def batch(rows=5, steps=STEPS):
    return np.random.default_rng(rows).normal(size=(rows, steps, FEATURES)).astype("float32")


def first_states(kind, rows=5):
    rng = np.random.default_rng(2)
    return [rng.normal(size=(rows, UNITS)).astype("float32") for _ in range(1 + (kind == "lstm"))]


MASK = np.array(
    [
        [1, 1, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 0, 0, 0, 0, 0],
        [0, 0, 0, 1, 1, 1, 1, 1, 1],
        [0, 1, 0, 1, 1, 0, 1, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
    ],
    bool,
)


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    ("given", "options"),
    [
        (False, {}),
        (False, {"return_sequences": True}),
        (True, {"return_state": True}),
        (True, {"return_sequences": True, "return_state": True, "go_backwards": True}),
    ],
)
def test_equals_keras(kind, options, given, masked):
    states = first_states(kind) if given else ()
    call = {"mask": tf.constant(MASK)} if masked else {}
    ours, theirs = (run(layer, batch(), states, **call) for layer in make_pair(kind, **options))
    assert_equal(ours, theirs)


@pytest.mark.slow
@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize(("rows", "steps"), [(1, 1), (2, 7), (33, 28)])
def test_equals_keras_for_every_size(kind, rows, steps):
    ours, theirs = (run(layer, batch(rows, steps)) for layer in make_pair(kind))
    assert_equal(ours, theirs)


@pytest.mark.slow
@pytest.mark.parametrize("kind", PAIRS)
def test_dropout_is_that_of_keras(kind):
    pair = make_pair(kind, dropout=0.5, seed=4)
    ours, theirs = (run(layer, batch(), training=True) for layer in pair)
    assert_equal(ours, theirs)
    plain = run(make_pair(kind)[0], batch())
    assert np.abs(ours[0][0] - plain[0][0]).max() > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("kind", PAIRS)
def test_shards_change_nothing(kind, monkeypatch):
    found = []
    for cores in (1, 3, 8):
        monkeypatch.setattr(recurrent, "part_count", lambda cores=cores: cores)
        layer, _ = make_pair(kind, return_sequences=True)
        found.append(run(layer, batch(7), mask=tf.constant(MASK[[0, 1, 2, 3, 4, 1, 2]])))
    for other in found[1:]:
        assert_equal(found[0], other)


def loops(layer, steps=STEPS, dtype="float32"):
    """Number of loops in the graph of a layer."""
    compute = tf.function(layer).get_concrete_function(tf.TensorSpec((None, steps, FEATURES)))
    return sum("While" in op.type for op in compute.graph.get_operations())


@pytest.mark.parametrize("kind", PAIRS)
def test_is_scanned(kind):
    assert loops(make_pair(kind)[0]) == 0
    assert loops(make_pair(kind)[1]) == 1


FALLBACKS = {
    "keras_loop": {"use_cudnn": False},
    "recurrent_dropout": {"recurrent_dropout": 0.5},
    "activation": {"activation": "relu"},
    "recurrent_activation": {"recurrent_activation": "hard_sigmoid"},
    "no_bias": {"use_bias": False},
    "zero_output": {"zero_output_for_mask": True},
    "half": {"dtype": "mixed_bfloat16"},
}


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("options", FALLBACKS.values(), ids=FALLBACKS)
def test_falls_back_to_keras(kind, options):
    ours, theirs = make_pair(kind, **options)
    assert loops(ours) == loops(theirs) == 1
    found = [keras.ops.convert_to_numpy(layer(batch())) for layer in (ours, theirs)]
    np.testing.assert_array_equal(*found)


@pytest.mark.slow
@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("masked", [False, True])
def test_long_sequences_equal_keras(kind, masked):
    steps = recurrent.MAX_STEPS + 1
    assert steps % STEPS_IN_SEGMENT, "the last piece is padded"
    mask = np.arange(steps) < np.array([steps, 1, 29, 40, 0])[:, None]
    call = {"mask": tf.constant(mask)} if masked else {}
    options = {"return_sequences": True, "return_state": True, "go_backwards": masked}
    ours, theirs = (
        run(layer, batch(5, steps), first_states(kind), **call)
        for layer in make_pair(kind, **options)
    )
    assert_equal(ours, theirs)


@pytest.mark.slow
@pytest.mark.parametrize("kind", PAIRS)
def test_length_may_be_unknown_to_the_graph(kind):
    layer, other = make_pair(kind, return_sequences=True)
    weights = layer.trainable_variables

    @tf.function(input_signature=[tf.TensorSpec((None, None, FEATURES))])
    def compute(x):
        with tf.GradientTape() as tape:
            outputs = layer(x)
            total = tf.reduce_sum(tf.sin(outputs))
        return outputs, tape.gradient(total, weights)

    for steps in (1, STEPS, 70):
        outputs, gradients = compute(batch(3, steps))
        with tf.GradientTape() as tape:
            expected = other(batch(3, steps))
            total = tf.reduce_sum(tf.sin(expected))
        assert_equal((outputs, gradients), (expected, tape.gradient(total, other.weights)))


def test_graph_does_not_grow_with_a_long_sequence():
    def operations(steps):
        layer, _ = make_pair("lstm")
        compute = tf.function(layer).get_concrete_function(tf.TensorSpec((4, steps, FEATURES)))
        return len(compute.graph.as_graph_def().node)

    assert loops(make_pair("lstm")[0], steps=recurrent.MAX_STEPS) == 0
    assert operations(10_000) == operations(100)


def test_gru_with_the_reset_gate_before_the_product_falls_back():
    ours, theirs = make_pair("gru", reset_after=False)
    assert loops(ours) == 1
    np.testing.assert_array_equal(ours(batch()), theirs(batch()))


@pytest.mark.parametrize("kind", PAIRS)
def test_falls_back_if_there_is_a_gpu(kind, monkeypatch):
    layer, _ = make_pair(kind)
    devices = tf.config.list_logical_devices
    monkeypatch.setattr(
        tf.config, "list_logical_devices", lambda kind=None: devices("CPU") if kind else devices()
    )
    assert not layer._can_scan(tf.zeros((2, STEPS, FEATURES)))


@pytest.mark.parametrize("kind", PAIRS)
def test_model_file_and_wrappers(kind, tmp_path):
    inputs = keras.Input((STEPS, FEATURES))
    x = keras.layers.Masking()(inputs)
    x = keras.layers.Bidirectional(PAIRS[kind][0](UNITS, return_sequences=True))(x)
    model = keras.Model(inputs, PAIRS[kind][0](UNITS)(x))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.layers[-1], PAIRS[kind][0])
    np.testing.assert_array_equal(loaded(batch()), model(batch()))


@pytest.mark.parametrize("kind", PAIRS)
def test_state_carries_over_batches(kind):
    ours, theirs = make_pair(kind, rows=5, stateful=True)
    for _ in range(2):
        assert_equal(ours(batch()), theirs(batch()))
