"""Music in and out."""

import numpy as np
import pytest

from keras_vrae import datasets
from keras_vrae.datasets.music import midi
from keras_vrae.training import ExperimentConfig
from keras_vrae.validation import DataError, SettingError

mido = pytest.importorskip("mido")


def tune(seed=0, steps=12):
    """A roll that sounds at its end, where a roll that is read ends."""
    roll = (np.random.default_rng(seed).random((steps, midi.KEYS)) < 0.1).astype("float32")
    roll[-1, 40] = 1
    return roll


def test_a_roll_comes_back_from_its_file(tmp_path):
    midi.write_midi(tune(), tmp_path / "a.mid")
    np.testing.assert_array_equal(midi.read_midi(tmp_path / "a.mid"), tune())


def test_notes_of_another_program(tmp_path):
    file = mido.MidiFile(ticks_per_beat=96)
    track = mido.MidiTrack()
    messages = [("note_on", 60, 64, 0), ("note_on", 64, 64, 48), ("note_on", 60, 0, 48)]
    for kind, note, velocity, time in [*messages, ("note_off", 64, 0, 96), ("note_on", 5, 9, 0)]:
        track.append(mido.Message(kind, note=note, velocity=velocity, time=time))
    track.append(mido.Message("note_on", note=38, velocity=64, time=0, channel=9))
    file.tracks.append(track)
    file.save(tmp_path / "a.mid")
    roll = midi.read_midi(tmp_path / "a.mid")
    expected = np.zeros((4, midi.KEYS))
    expected[0:2, 60 - midi.LOWEST] = 1
    expected[1:4, 64 - midi.LOWEST] = 1
    np.testing.assert_array_equal(roll, expected)


def test_a_broken_file_among_good_ones_is_named_and_counted(tmp_path):
    for number in range(4):
        midi.write_midi(tune(number, steps=4 + number), tmp_path / f"{number}.mid")
    (tmp_path / "broken.mid").write_bytes(b"MThd and no more")
    with pytest.warns(UserWarning, match="broken.mid cannot be read"):
        splits = datasets.load(f"midi:{tmp_path}")
    assert splits.spec.notes["files"] == 5
    assert splits.spec.notes["skipped"] == ["broken.mid"]
    assert sum(part.size for part in splits[:3]) == 4
    assert splits.spec.kind == "roll"


def test_windows_of_one_piece_are_in_one_part(tmp_path):
    for number in range(10):
        roll = np.zeros((23, midi.KEYS))
        roll[:, number] = 1  # The key tells the piece.
        midi.write_midi(roll, tmp_path / f"{number}.mid")
    splits = datasets.load(f"midi:{tmp_path}", window=4, stride=2)
    pieces = [set(np.flatnonzero(part.x.any(axis=(0, 1)))) for part in splits[:3]]
    train, validation, test = pieces
    assert len(test) == 2
    assert not test & (train | validation)
    assert splits.test.size == 2 * 10


def test_folders_without_music_are_refused(tmp_path):
    with pytest.raises(DataError, match="0 files, 0 of them broken"):
        datasets.load(f"midi:{tmp_path}")
    with pytest.raises(SettingError, match="`dataset` must be a folder that exists"):
        datasets.load(f"midi:{tmp_path}/gone")


def test_settings_for_music(tmp_path):
    config = ExperimentConfig(dataset=f"midi:{tmp_path}", window=8)
    assert (config.likelihood, config.binarization, config.scaling) == (
        "bernoulli",
        "fixed",
        "none",
    )
    assert config.is_bound
    assert config.name == f"midi-{tmp_path.name}-lstm"
