"""How arrays get into Keras's loops."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_vrae as kv
from keras_vrae.backend import feeding
from keras_vrae.backend.feeding import common_length, feed_arrays, split_off_validation
from keras_vrae.backend.groups import BatchGroups, watch_batches
from keras_vrae.backend.tensorflow import model as engine
from keras_vrae.backend.tensorflow.batches import array_batches

N = 10
X = np.arange(2 * N, dtype="float32").reshape(N, 2)
Y = np.arange(N)
WEIGHTS = np.linspace(0, 1, N)


def passes(dataset, count=1):
    """Rows of x in the order of each of `count` passes, and the sizes of the batches."""
    orders, sizes = [], []
    for _ in range(count):
        batches = [x.numpy() for x in dataset]
        orders.append(np.concatenate(batches)[:, 0].astype(int) // 2)
        sizes.append([len(x) for x in batches])
    return orders, sizes


def test_rows_come_once_and_in_order():
    dataset = array_batches(X, batch_size=4)
    orders, sizes = passes(dataset, 2)
    np.testing.assert_array_equal(orders, [np.arange(N)] * 2)
    assert sizes == [[4, 4, 2]] * 2
    assert dataset.cardinality() == 3


def test_a_pass_in_order_prepares_no_function(monkeypatch):
    # An iterator instantiates the functions of its dataset, which takes longer than a small pass.
    for method in ("map", "flat_map"):
        monkeypatch.delattr(tf.data.Dataset, method)
    structure = {"values": X, "length": Y}
    for batch, labels, weights in array_batches(structure, Y, WEIGHTS, batch_size=N):
        np.testing.assert_array_equal(batch["values"], X)
        np.testing.assert_array_equal(batch["length"], Y)
        np.testing.assert_array_equal(labels, Y)
        np.testing.assert_allclose(weights, WEIGHTS, rtol=1e-6)


def test_each_pass_has_an_order_of_its_own_that_the_seed_fixes():
    def orders_of(seed):
        keras.utils.set_random_seed(seed)
        return passes(array_batches(X, batch_size=4, shuffle=True), 3)[0]

    orders = orders_of(0)
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.arange(N))
    assert len({tuple(order) for order in orders}) == 3
    np.testing.assert_array_equal(orders, orders_of(0))
    assert not np.array_equal(orders, orders_of(1))


def test_labels_and_weights_stay_with_their_rows():
    for x, y, weights in array_batches(X, Y, WEIGHTS, batch_size=3, shuffle=True):
        rows = y.numpy()
        np.testing.assert_array_equal(x, X[rows])
        np.testing.assert_allclose(weights, WEIGHTS[rows], rtol=1e-6)
        assert (y.dtype, weights.dtype) == (tf.int64, tf.float32)


@pytest.mark.parametrize("shuffle", [False, True])
def test_structures_of_arrays_stay_structures(shuffle):
    x = {"values": X, "length": Y}
    batch = next(iter(array_batches(x, batch_size=4, shuffle=shuffle)))
    np.testing.assert_array_equal(batch["values"], X[batch["length"].numpy()])
    assert shuffle or batch["length"].numpy().tolist() == [0, 1, 2, 3]


def test_common_length():
    assert common_length((X, Y, None)) == N
    assert common_length((X, {"a": tf.constant(Y)})) == N
    assert common_length((X, Y[:-1])) is None
    assert common_length((X, list(Y))) is None
    assert common_length((tf.data.Dataset.range(3), None)) is None
    assert common_length((np.array(1.0),)) is None


def test_no_pipeline_waits_for_the_autotuner():
    arguments = {"x": X, "y": Y, "batch_size": 4}
    assert feed_arrays(make_model(), arguments) == 1
    assert set(arguments) == {"x"}
    assert arguments["x"].options().autotune.enabled is False
    assert arguments["x"].cardinality() == 3
    arguments = {"x": X, "y": Y, "batch_size": 4}
    assert feed_arrays(make_model(), arguments, steps_per_call=1, endless=True) == 1
    assert set(arguments) == {"x", "shuffle", "steps_per_epoch"}
    assert arguments["shuffle"] is False
    assert arguments["x"].options().autotune.enabled is False
    assert arguments["steps_per_epoch"] == 3


@pytest.mark.parametrize(
    "special",
    [{"steps_per_epoch": 2}, {"class_weight": {0: 1.0}}, {"shuffle": "batch"}, {"y": list(Y)}],
)
def test_special_data_are_left_to_keras(special):
    arguments = {"x": X, "y": Y, "batch_size": 4, **special}
    assert feed_arrays(make_model(), arguments) == 0
    assert arguments["x"] is X


def test_validation_is_split_off_as_keras_does():
    arguments = {"x": X, "y": Y, "validation_split": 0.25}
    split_off_validation(arguments)
    held_out_x, held_out_y = arguments["validation_data"]
    np.testing.assert_array_equal(arguments["x"], X[:7])
    np.testing.assert_array_equal(held_out_x, X[7:])
    np.testing.assert_array_equal(held_out_y, Y[7:])
    assert "validation_split" not in arguments


def make_model():
    keras.utils.set_random_seed(0)
    model = kv.build("dense", (2,), hidden_units=4, likelihood="gaussian", seed=0)
    model.compile()
    return model


@pytest.mark.slow
def test_fit_with_special_data():
    options = {"epochs": 2, "verbose": 0}
    expected = make_model().fit(X, batch_size=5, shuffle=False, **options).history
    given = make_model().fit(X, batch_size=5, shuffle=False, steps_per_epoch=2, **options).history
    np.testing.assert_allclose(given["loss"], expected["loss"], rtol=1e-6)
    spoilt = X.copy()
    spoilt[1::2] += 1.0
    options |= {"y": Y % 2, "class_weight": {0: 1.0, 1: 0.0}, "shuffle": False}
    losses = [make_model().fit(x, **options).history["loss"] for x in (X, spoilt)]
    np.testing.assert_allclose(*losses, rtol=1e-6)


def test_keras_refuses_to_split_a_generator_or_to_pair_unequal_data():
    with pytest.raises(ValueError, match="not sufficient to split"):
        make_model().fit(X, validation_split=0.99, verbose=0)
    with pytest.raises(ValueError, match="same"):
        make_model().fit(X, Y[:-1], verbose=0)


def test_validation_batches_have_their_size():
    sizes = []

    class Seen(keras.callbacks.Callback):
        def on_test_batch_end(self, batch, logs=None):
            sizes.append(batch)

    options = {"verbose": 0, "callbacks": [Seen()], "validation_split": 0.5}
    make_model().fit(X, batch_size=5, validation_batch_size=2, **options)
    assert sizes == [0, 1, 2]


@pytest.mark.parametrize(
    ("callbacks", "expected"),
    [
        (None, False),
        ([keras.callbacks.EarlyStopping("loss"), keras.callbacks.CSVLogger("log.csv")], False),
        ([keras.callbacks.LambdaCallback(on_epoch_end=print)], False),
        (keras.callbacks.TerminateOnNaN(), True),
        ([keras.callbacks.LambdaCallback(on_train_batch_end=print)], True),
        (keras.callbacks.CallbackList(), True),
    ],
)
def test_who_looks_at_batches(callbacks, expected):
    assert watch_batches(callbacks) is expected


@pytest.mark.slow
def test_several_steps_per_call_if_no_callback_sees_them():
    seen, inside = [], []
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda step, logs: seen.append(step))
    options = {"batch_size": 1, "epochs": 2, "shuffle": False, "verbose": 0}
    one_by_one = make_model().fit(X, callbacks=[watch], **options).history
    assert seen == [*range(N)] * 2
    model = make_model()
    look = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: inside.append(model.steps_per_execution)
    )
    together = model.fit(X, callbacks=[look], validation_split=0.0, **options).history
    np.testing.assert_allclose(together["loss"], one_by_one["loss"], rtol=1e-5)
    assert inside == [16, 16]
    assert int(model.optimizer.iterations) == 2 * N
    assert model.steps_per_execution == 1
    model.train_on_batch(X)
    assert int(model.optimizer.iterations) == 2 * N + 1
    chosen = make_model()
    chosen.compile(steps_per_execution=2)
    inside.clear()
    model = chosen
    chosen.fit(X, callbacks=[look], **options)
    assert inside == [2, 2]


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [1, 3, 4, 10, 100])
def test_batches_in_one_piece_are_those_that_come_one_by_one(batch_size):
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda step, logs: None)
    arguments = {"x": X, "y": Y, "sample_weight": WEIGHTS}
    arguments |= {"epochs": 3, "verbose": 0, "batch_size": batch_size}
    one_by_one, together = make_model(), make_model()
    keras.utils.set_random_seed(1)
    expected = one_by_one.fit(callbacks=[watch], **arguments).history
    keras.utils.set_random_seed(1)
    history = together.fit(**arguments).history
    assert together._group_function is not None
    assert int(together.optimizer.iterations) == int(one_by_one.optimizer.iterations)
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=1e-6)
    for ours, theirs in zip(together.get_weights(), one_by_one.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


@pytest.mark.slow
def test_fit_takes_groups():
    data = array_batches(X, Y, batch_size=3).repeat()
    watched, seen = make_model(), []
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda step, logs: seen.append(step))
    arguments = {"steps_per_epoch": 4, "epochs": 2, "verbose": 0, "shuffle": False}
    arguments["validation_data"] = (X, Y)
    expected = make_model()
    expected.fit(data, **arguments)
    # Of 10 rows groups of two batches have 6 and 4.
    groups = BatchGroups(array_batches(X, Y, batch_size=6).repeat(), batch_size=3, steps=2)
    watched.fit(groups, callbacks=[watch], **arguments)
    assert seen == [1, 3, 1, 3]
    assert int(watched.optimizer.iterations) == 8
    for ours, theirs in zip(watched.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        ({}, 16),
        ({"steps_per_execution": 4}, 4),
        ({"run_eagerly": True}, 1),
        ({"jit_compile": True}, 1),
    ],
)
def test_how_many_batches_to_give_in_a_piece(settings, steps):
    model = make_model()
    model.compile(**settings)
    assert model.batches_in_group(X, 3) == steps


def test_neither_other_rows_nor_other_sizes_of_batches_are_compiled_again():
    model, traces = make_model(), []
    step = model.train_step
    model.train_step = lambda data: traces.append(data) or step(data)
    for rows, batch_size in ((10, 3), (7, 2), (10, 10)):
        model.fit(X[:rows], batch_size=batch_size, verbose=0)
    assert 1 <= len(traces) <= 2  # The second time for rows of any number.


def test_large_batches_come_one_by_one(monkeypatch):
    monkeypatch.setattr(feeding, "MAX_GROUP_BYTES", 16 * 4 * 2 * 4)
    for batch_size, groups in ((4, 16), (5, 1)):
        arguments = {"x": X, "batch_size": batch_size}
        assert feed_arrays(make_model(), arguments, steps_per_call=16) == groups
        assert len(next(iter(arguments["x"]))) == min(N, groups * batch_size)
    model = make_model()
    model.fit(X, batch_size=5, epochs=2, verbose=0)
    assert int(model.optimizer.iterations) == 4


@pytest.mark.parametrize("steps", [1, 5])
def test_data_without_end_get_as_many_steps_as_asked_for(steps):
    model = kv.build("dense", (4, 3), hidden_units=8, seed=0)
    model.compile()
    assert model.most_steps_per_call() > 1
    batches = tf.data.Dataset.from_tensors(np.zeros((8, 4, 3), "float32")).repeat()
    model.fit(batches, steps_per_epoch=steps, epochs=2, shuffle=False, verbose=0)
    assert int(model.optimizer.iterations) == 2 * steps


@pytest.mark.slow
def test_another_number_of_steps_per_call_is_compiled_again(monkeypatch):
    model = make_model()
    batches = tf.data.Dataset.from_tensor_slices(X).batch(1)
    for number, steps in enumerate((16, 4, 3), start=1):
        monkeypatch.setattr(engine, "LIGHT_STEPS_PER_CALL", steps)
        model.fit(batches, validation_data=batches, shuffle=False, verbose=0)
        assert int(model.optimizer.iterations) == number * N
