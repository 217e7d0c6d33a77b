"""Files of continued sequences."""

import numpy as np
import pytest

from keras_vrae.datasets.continuations import write_continuations
from keras_vrae.datasets.music import midi


def test_rolls_become_midi_files(tmp_path):
    pytest.importorskip("mido")
    rolls = np.zeros((2, 1, 4, 88))
    rolls[:, :, 1:3, 40] = 1
    paths = write_continuations(tmp_path / "song.mid", rolls, [2, 2], ["a", "b"])
    assert [path.name for path in paths] == ["song-0-0.mid", "song-1-0.mid"]
    np.testing.assert_array_equal(midi.read_midi(paths[1]), rolls[1, 0, :3])


def test_tokens_are_whole_numbers_in_a_table(tmp_path):
    write_continuations(tmp_path / "a.csv", np.array([[[3.0, 1.0]]]), [1], ["a"])
    lines = (tmp_path / "a.csv").read_text().split()
    assert lines == ["series,sample,step,given,token", "a,0,0,1,3", "a,0,1,0,1"]
