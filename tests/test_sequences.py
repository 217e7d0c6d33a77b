"""Padded sequences: their form, and what a list of arrays becomes."""

import numpy as np
import pytest

from keras_vrae import sequences
from keras_vrae.validation import SettingError


def test_pad_keeps_each_sequence_and_its_length():
    arrays = [np.full((steps, 2), steps, "float32") for steps in (2, 3, 1)]
    padded = sequences.pad(arrays, steps=4)
    assert padded["x"].shape == (3, 4, 2)
    assert padded["lengths"].tolist() == [2, 3, 1]
    for row, array in zip(padded["x"], arrays, strict=True):
        np.testing.assert_array_equal(row[: len(array)], array)
        assert not row[len(array) :].any()


@pytest.mark.parametrize(
    ("arrays", "options", "words"),
    [
        ([], {}, "`sequences`"),
        ([np.zeros((2, 3)), np.zeros((2, 4))], {}, "(2, 4)"),
        ([np.zeros((0, 3))], {}, "of one step or more"),
        ([np.zeros((5, 3))], {"steps": 4}, "`steps` must be 5 or more"),
    ],
)
def test_pad_refuses(arrays, options, words):
    with pytest.raises(SettingError) as raised:
        sequences.pad(arrays, **options)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("lengths", "words"),
    [
        ([1, 2], "one number for each of 3"),
        ([1, 0, 2], "lengths[1]=0"),
        ([1, 5, 2], "from 1 to 4"),
        ([1, 1.5, 2], "lengths[1]=1.5"),
        (["a", "b", "c"], "whole numbers"),
    ],
)
def test_invalid_lengths_are_refused(lengths, words):
    with pytest.raises(SettingError) as raised:
        sequences.check_lengths({"x": np.zeros((3, 4, 2)), "lengths": np.array(lengths)})
    assert words in str(raised.value)


def test_other_keys_are_refused():
    with pytest.raises(SettingError, match="with keys=\\['mask', 'x'\\]"):
        sequences.check_lengths({"x": np.zeros((3, 4)), "mask": np.ones((3, 4))})
