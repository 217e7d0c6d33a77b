"""Functions of one batch, applied to whole arrays."""

import inspect

import numpy as np
import pytest
import scipy.sparse
import tensorflow as tf

import keras_vrae
from keras_vrae.backend.tensorflow import functions as batching
from keras_vrae.backend.tensorflow.functions import in_stacks, over_batches

X = np.arange(20, dtype="float32").reshape(10, 2)


@pytest.mark.parametrize("together", [1, 3, 16])
@pytest.mark.parametrize("batch_size", [1, 3, 5, 10, 99])
def test_rows_come_back_in_order(batch_size, together):
    sizes = []

    def sums(rows):
        tf.py_function(lambda rows: sizes.append(len(rows)), [rows], [])
        return rows[:, 0], tf.stack([rows, 2 * rows], 1)

    run = over_batches(sums, (2,), together)
    for array in (X, scipy.sparse.csr_array(X)):
        sizes.clear()
        first, both = run(array, batch_size)
        np.testing.assert_array_equal(first, X[:, 0])
        np.testing.assert_array_equal(both, np.stack([X, 2 * X], 1))
        left_over = [10 % batch_size] if 10 % batch_size else []
        assert sorted(sizes) == sorted([batch_size] * (10 // batch_size) + left_over)


def test_sequences_whose_length_is_left_open():
    run = over_batches(
        lambda rows: rows["x"] * rows["lengths"][:, None, None], {"x": (None, 3), "lengths": ()}, 4
    )
    for steps in (2, 5):
        x = np.ones((7, steps, 3), "float32")
        found = run({"x": x, "lengths": np.arange(7)}, 2)
        np.testing.assert_array_equal(found, x * np.arange(7)[:, None, None])


@pytest.mark.parametrize(
    ("most_bytes", "width", "calls"), [(4 * 30, 1, 1), (4 * 15, 1, 3), (4 * 15, 4, 5), (1, 1, 5)]
)
def test_as_many_batches_in_a_call_as_are_small(most_bytes, width, calls, monkeypatch):
    monkeypatch.setattr(batching, "MAX_BYTES_PER_CALL", most_bytes)
    stacks, original = [], batching.in_stacks

    def watched(rows, batch_size):
        for stack in original(rows, batch_size):
            stacks.append(len(stack))
            yield stack

    monkeypatch.setattr(batching, "in_stacks", watched)
    # Of a row 2 numbers come in and `width` go out.
    run = over_batches(lambda rows: tf.repeat(rows[:, :1], width, 1), (2,), together=16)
    assert run(X, 2).shape == (10, width)
    assert len(stacks) == calls
    assert sum(stacks) == 5


def test_the_batches_of_a_call_as_one(monkeypatch):
    sizes = []

    def watched(rows):
        tf.py_function(lambda rows: sizes.append(len(rows)), [rows], [])
        return rows[:, 0]

    run = over_batches(watched, (2,), together=2, as_one=True)
    np.testing.assert_array_equal(run(X, 2), X[:, 0])
    assert sizes == [4, 4, 2]
    sizes.clear()
    # Of a row 3 numbers go in or out.
    monkeypatch.setattr(batching, "MAX_BYTES_PER_CALL", 4 * 3 * 2)
    np.testing.assert_array_equal(run(X, 2), X[:, 0])
    assert sizes == [2] * 5


def test_stacks_do_not_copy():
    stacks = list(in_stacks(X, 4))
    assert [stack.shape for stack in stacks] == [(2, 4, 2), (1, 2, 2)]
    assert all(np.shares_memory(stack, X) for stack in stacks)


def test_the_code_of_parts_is_traced_as_it_is_written():
    # TensorFlow can rewrite Python before it traces it, which takes longer than the tracing and
    # would give a model's own parts another meaning in one loop than in another.
    files = set()

    class Watched(keras_vrae.DenseEncoder):
        def features(self, x, mask=None, training=False):
            files.update(frame.filename for frame in inspect.stack(0))
            return super().features(x, mask, training)

    encoder = Watched(latent_dim=2, hidden_units=4)
    model = keras_vrae.build(encoder, (2, 1), likelihood="gaussian", hidden_units=4)
    model.compile()
    model.fit(X, batch_size=4, verbose=0)
    model.evaluate(X, verbose=0)
    model.encode(X)
    assert any("loops.py" in file for file in files)  # Several steps in a call.
    assert not [file for file in files if "autograph_generated" in file]
