import keras
import numpy as np
import pytest

import keras_vrae as kv
from keras_vrae.training import checkpoints
from keras_vrae.training.checkpoints import Progress
from keras_vrae.validation import DataError


def make_model():
    model = kv.build("gru", (4, 3), hidden_units=4, seed=0, dropout=0.3)
    model.compile()
    model.optimizer.build(model.trainable_variables)
    return model


def read(folder, say=print):
    return checkpoints.read_last(folder, keras.saving.load_model, say)


@pytest.fixture
def x():
    return np.random.default_rng(0).random((16, 4, 3), "float32")


@pytest.mark.slow
def test_a_checkpoint_holds_progress_and_every_random_state(x, tmp_path):
    model = make_model()
    model.fit(x, epochs=2, shuffle=False, verbose=0)
    progress = Progress(1, 3, [{"epoch": 1, "loss": 0.1 + 0.2}], [[1.5], [2]], 0.25)
    best = [np.float32([0.1, 0.2]), np.ones((2, 3), "float32")]
    path = checkpoints.write(tmp_path, model, 44, progress, best)
    restored, found, best_weights = read(tmp_path)
    assert found == progress
    for one, two in zip(best_weights, best, strict=True):
        np.testing.assert_array_equal(one, two)
    assert len(checkpoints.generators(model)) == 2  # Of sampling and of dropout.
    for one, two in zip(model.variables, restored.variables, strict=True):
        np.testing.assert_array_equal(one, two)
    futures = [m.fit(x, shuffle=False, verbose=0).history for m in (model, restored)]
    assert futures[0] == futures[1]
    keras.saving.load_model(path)  # As any `.keras` file.


def test_metrics_of_an_unfinished_epoch_go_on(x):
    one, two = make_model(), make_model()
    one.metrics[0].update_state([0.1, 0.2, 0.4])
    checkpoints.restore_metrics(two, checkpoints.metric_state(one))
    for model in (one, two):
        model.metrics[0].update_state([0.7])
    assert float(one.metrics[0].result()) == float(two.metrics[0].result())


def test_a_damaged_checkpoint_is_named_and_the_one_before_it_used(tmp_path):
    model = make_model()
    for steps in (9, 10, 11):
        checkpoints.write(tmp_path, model, steps, Progress(0, steps))
    before, last = checkpoints.paths(tmp_path)
    assert "step-00000010-" in before.name
    content = last.read_bytes()
    rng, printed = np.random.default_rng(0), []
    for position in [0, len(content) - 1, *rng.integers(len(content), size=198)]:
        damaged = bytearray(content)
        damaged[position] ^= 1 << int(rng.integers(8))
        last.write_bytes(damaged)
        assert not checkpoints.is_sound(last)
    assert read(tmp_path, printed.append)[1].steps == 10
    assert printed == [f"{last} is damaged, its checksum does not fit; the one before it is used."]
    last.write_bytes(content)
    assert read(tmp_path)[1].steps == 11
    for path in (before, last):
        path.write_bytes(b"")
    with pytest.raises(DataError, match="cannot be read: it is damaged"):
        read(tmp_path)


def test_no_checkpoint_is_none(tmp_path):
    assert read(tmp_path / "nowhere") is None
