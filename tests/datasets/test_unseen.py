"""Sequences from files for a model that is trained already."""

import numpy as np
import pytest

from keras_vrae.datasets import Preparation, unseen
from keras_vrae.datasets.music import midi
from keras_vrae.validation import DataError, SettingError


def test_series_come_whole_and_in_their_order(tmp_path):
    x, lengths = np.arange(24.0).reshape(3, 4, 2), np.array([4, 1, 2])
    np.savez(tmp_path / "a.npz", x=x, lengths=lengths, y=np.array([7, 7, 9]))
    found = unseen.read_sequences(tmp_path / "a.npz", (6, 2))
    assert found.inputs["x"].shape == (3, 6, 2), "as long as the model's"
    assert found.inputs["lengths"].tolist() == [4, 1, 2]
    np.testing.assert_array_equal(found.inputs["x"][2, :2], x[2, :2])
    assert found.names == ["series 0", "series 1", "series 2"]
    assert (found.starts, found.labels) == ([0, 0, 0], ["7", "7", "9"])


def test_windows_are_those_of_the_run(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.arange(20.0).reshape(2, 10), lengths=np.array([10, 3]))
    found = unseen.read_sequences(tmp_path / "a.npz", (4, 1), Preparation(window=4, stride=3))
    assert found.names == ["series 0"] * 3, "the other is shorter than a window"
    assert found.starts == [0, 3, 6]
    assert found.inputs["x"][1, :, 0].tolist() == [3, 4, 5, 6]
    assert found.labels is None
    with pytest.raises(DataError, match=r"a window or more, 11 steps\. Received: 10"):
        unseen.read_sequences(tmp_path / "a.npz", (11, 1), Preparation(window=11))


def test_gaps_are_filled_as_in_training(tmp_path):
    (tmp_path / "a.csv").write_text("a,b,c\n1,,3\n")
    with pytest.raises(DataError, match="the value at step 1, channel 0 is missing"):
        unseen.read_sequences(tmp_path / "a.csv", (3, 1))
    found = unseen.read_sequences(tmp_path / "a.csv", (3, 1), Preparation(missing="interpolate"))
    assert found.inputs["x"][0, :, 0].tolist() == [1, 2, 3]


def test_tokens_have_no_channels(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.array([[0, 2, 1]]))
    assert unseen.read_sequences(tmp_path / "a.npz", (None,)).inputs["x"].tolist() == [[0, 2, 1]]


def test_music_from_one_file_or_a_folder(tmp_path):
    pytest.importorskip("mido")
    roll = np.zeros((5, midi.KEYS))
    roll[:, 40] = 1
    midi.write_midi(roll, tmp_path / "song.mid")
    for source in (tmp_path, tmp_path / "song.mid"):
        found = unseen.read_sequences(source, (None, midi.KEYS))
        np.testing.assert_array_equal(found.inputs["x"], roll[None])
        assert found.names[0].endswith("song.mid")


def test_unfitting_data_are_named(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros((2, 5, 2)))
    with pytest.raises(DataError, match=r"must have 3 channels, as the model .* Received: 2"):
        unseen.read_sequences(tmp_path / "a.npz", (None, 3))
    with pytest.raises(DataError, match="series 0: a series must have 4 steps or fewer"):
        unseen.read_sequences(tmp_path / "a.npz", (4, 2))
    with pytest.raises(DataError, match=r"gone\.npz cannot be read"):
        unseen.read_sequences(tmp_path / "gone.npz", (4, 2))
    pytest.importorskip("aeon")
    with pytest.raises(SettingError, match="`data` must be a file of time series, MIDI files"):
        unseen.read_sequences("nothing", (4, 2))
