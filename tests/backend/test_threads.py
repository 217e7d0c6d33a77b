"""Functions whose operations have few threads compute what others do, when they are asked."""

import concurrent.futures
import contextlib
import gc
import time
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_vrae as kv
from keras_vrae.backend.tensorflow import functions, model, threads

N = 22
X = np.random.default_rng(0).random((N, 6, 3)).astype("float32")


def set_limit(monkeypatch, limited):
    """Makes models limit the threads of operations, or not, on any machine."""
    for module in (functions, model):
        monkeypatch.setattr(module, "can_be_limited", lambda: limited)


@pytest.fixture
def _limited(monkeypatch):
    set_limit(monkeypatch, True)


def make_model(encoder="dense"):
    keras.utils.set_random_seed(0)
    vae = kv.build(encoder, X.shape[1:], hidden_units=8, seed=0)
    vae.compile("adam")
    return vae


def seconds_of_processors(compute):
    """Seconds of all threads over seconds of the clock, of a call."""
    begin, clock = time.process_time(), time.perf_counter()
    compute()
    return (time.process_time() - begin) / (time.perf_counter() - clock)


def functions_of_values(x):
    for _ in range(12):
        x = tf.math.erfinv(tf.math.erf(x)) + tf.math.lgamma(x)
    return x


def products(x):
    for _ in range(4):
        x = threads.product(x, x) * 1e-3
    return x


@pytest.mark.slow
@pytest.mark.parametrize("function", [functions_of_values, products])
def test_operations_have_their_share_of_threads(function, monkeypatch):
    monkeypatch.setattr(threads, "available_cores", lambda: 2)
    x = tf.random.normal((1500, 1500))
    traced = tf.function(threads.traced_as_limited(function), autograph=False)
    compute = threads.LimitedThreads(traced, tf.TensorSpec(x.shape))
    compute(x)
    used = min(seconds_of_processors(lambda: compute(x)) for _ in range(3))
    assert used < 1.3


@pytest.mark.parametrize("transposes", [{}, {"transpose_a": True}, {"transpose_b": True}])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_are_those_of_any_number_of_threads(transposes, dtype):
    a, b = (tf.constant(np.random.default_rng(s).random((4, 4)), dtype) for s in (0, 1))

    def gradients(a, b):
        with tf.GradientTape() as tape:
            tape.watch((a, b))
            value = threads.product(a, b, **transposes)
            total = tf.reduce_sum(value**2)
        return value, *tape.gradient(total, (a, b))

    limited = tf.function(threads.traced_as_limited(gradients), autograph=False)
    for ours, plain in zip(limited(a, b), gradients(a, b), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-5)


@pytest.mark.parametrize("encoder", ["dense", "lstm", "gru"])
def test_training_and_results_are_those_of_any_number_of_threads(encoder, monkeypatch):
    found = []
    for limited in (False, True):
        set_limit(monkeypatch, limited)
        vae = make_model(encoder)
        history = vae.fit(X, batch_size=5, epochs=2, validation_data=X[:7], verbose=0).history
        results = vae.encode(X), vae.decode(X[:, 0, :2])
        found.append([*history.values(), *vae.get_weights(), *results])
    for plain, ours in zip(*found, strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["dense", "lstm"])
@pytest.mark.parametrize("steps_per_execution", [1, 3])
@pytest.mark.usefixtures("_limited")
def test_each_batch_of_a_dataset_is_a_step(encoder, steps_per_execution):
    vae = make_model(encoder)
    vae.compile("adam", steps_per_execution=steps_per_execution)
    batches = tf.data.Dataset.from_tensor_slices(X).batch(5)
    vae.fit(batches, epochs=2, shuffle=False, verbose=0)
    assert int(vae.optimizer.iterations) == 2 * 5
    unknown = batches.filter(lambda _: True)  # Its number of batches is not known.
    vae.fit(unknown, epochs=2, shuffle=False, verbose=0)
    assert int(vae.optimizer.iterations) == 4 * 5


@pytest.mark.slow
@pytest.mark.usefixtures("_limited")
def test_batches_of_several_types():
    vae = make_model("lstm")
    for size in (4, 3, 4):
        vae.fit(tf.data.Dataset.from_tensors(X[:size]), shuffle=False, verbose=0)
        vae.fit(tf.data.Dataset.from_tensors((X[:size],)), shuffle=False, verbose=0)
        vae.train_on_batch(X[:size])
    assert int(vae.optimizer.iterations) == 9


@pytest.mark.usefixtures("_limited")
def test_sparse_tensors_and_structures():
    def total(counts, pair):
        return tf.sparse.reduce_sum(counts) + pair["a"] * pair["b"][0]

    counts = tf.sparse.from_dense([[0.0, 2.0], [3.0, 0.0]])
    arguments = counts, {"b": tf.constant([4.0, 5.0]), "a": tf.constant(2.0)}
    types = tf.nest.map_structure(tf.type_spec_from_value, arguments)
    compute = threads.limited_by_type(total)
    assert [float(compute(types, arguments)) for _ in range(2)] == [13.0, 13.0]


def test_results_come_when_they_are_asked_for():
    total = tf.Variable(0.0)
    add = threads.LimitedThreads(tf.function(total.assign_add), tf.TensorSpec(()))
    assert float(total) == 0.0
    for expected in (1.0, 2.0, 3.0):
        assert float(add(1.0)) == expected
        time.sleep(0.05)
        assert float(total) == expected


def test_an_error_leaves_the_function_usable():
    @tf.function
    def checked(x):
        tf.debugging.assert_positive(x, "`x` must be positive")
        return 2 * x

    compute = threads.LimitedThreads(checked, tf.TensorSpec(()))
    for _ in range(2):
        with pytest.raises(tf.errors.InvalidArgumentError, match="`x` must be positive"):
            compute(-1.0)
        assert float(compute(3.0)) == 6.0


def test_threads_of_python_get_their_own_results():
    compute = threads.LimitedThreads(tf.function(lambda x: 2 * x), tf.TensorSpec(()))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: float(compute(float(number))), range(200)))
    assert found == [2.0 * number for number in range(200)]


@pytest.mark.parametrize(
    ("cores", "parts", "expected"), [(2, 2, 1), (4, 4, 1), (5, 4, 2), (8, 4, 2), (16, 4, 4)]
)
def test_all_cores_have_work(cores, parts, expected, monkeypatch):
    found = []
    monkeypatch.setattr(threads, "available_cores", lambda: cores)
    monkeypatch.setattr(tf.data.Dataset, "with_options", lambda self, to: found.append(to) or self)
    threads.LimitedThreads(tf.function(lambda x: x), tf.TensorSpec(()))
    assert threads.part_count() == parts
    assert found[0].threading.max_intra_op_parallelism == expected


@pytest.mark.parametrize(
    ("encoder", "shape", "expected"),
    [("dense", (28, 28), False), ("dense", (5000,), True), ("lstm", (500, 10), False)],
)
def test_many_values_keep_all_cores(encoder, shape, expected, monkeypatch):
    monkeypatch.setattr(threads, "available_cores", lambda: 2)
    vae = kv.build(encoder, shape, hidden_units=4)
    vae.compile()
    assert vae.is_wide == expected
    assert vae._limits_threads != expected


@pytest.mark.slow
@pytest.mark.usefixtures("_limited")
def test_nothing_keeps_a_model_or_its_data_in_memory():
    vae = make_model("lstm")
    data = X.copy()
    vae.fit(data, verbose=0)
    vae.encode(data)
    kept = [weakref.ref(vae), weakref.ref(data)]
    del vae, data
    gc.collect()
    assert [reference() for reference in kept] == [None, None]


@pytest.mark.slow
@pytest.mark.parametrize("setting", [{"run_eagerly": True}, {"jit_compile": True}])
@pytest.mark.usefixtures("_limited")
def test_eager_steps_and_xla_keep_their_threads(setting):
    vae = make_model()
    vae.compile("adam", **setting)
    assert not vae._limits_threads
    vae.fit(X, batch_size=8, verbose=0)
    assert int(vae.optimizer.iterations) == 3


@pytest.mark.slow
@pytest.mark.parametrize("encoder", ["dense", "lstm"])
@pytest.mark.parametrize("strategy", ["OneDeviceStrategy", "MirroredStrategy"])
@pytest.mark.usefixtures("_limited")
def test_a_strategy_of_one_device_takes_the_same_steps(strategy, encoder):
    device = "CPU:0" if strategy == "OneDeviceStrategy" else ["CPU:0"]
    found = []
    for scope in (contextlib.nullcontext(), getattr(tf.distribute, strategy)(device).scope()):
        with scope:
            vae = make_model(encoder)
        vae.fit(X, batch_size=5, verbose=0)
        vae.fit(tf.data.Dataset.from_tensor_slices(X).batch(5), shuffle=False, verbose=0)
        found.append(vae.get_weights())
    for plain, distributed in zip(*found, strict=True):
        np.testing.assert_allclose(distributed, plain, rtol=1e-4, atol=1e-5)


def test_a_gpu_is_not_taken_away(monkeypatch):
    monkeypatch.setattr(threads, "available_cores", lambda: 2)
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: [f"{kind}:0"])
    assert not threads.can_be_limited()


def test_where_it_is_of_use(monkeypatch):
    monkeypatch.setattr(threads, "available_cores", lambda: 2)
    assert threads.can_be_limited()
    monkeypatch.setattr(threads, "available_cores", lambda: 1)
    assert not threads.can_be_limited()
    monkeypatch.setattr(threads, "available_cores", lambda: 2)
    monkeypatch.setattr(tf.config.threading, "get_intra_op_parallelism_threads", lambda: 1)
    assert not threads.can_be_limited()
