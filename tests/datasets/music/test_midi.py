"""Music in and out."""

import struct

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


def test_a_damaged_file_of_chorales_is_named(tmp_path):
    for content in (b"", b"PK\3\4 and no more", b"\x93NUMPY"):
        (tmp_path / "chorales.npz").write_bytes(content)
        with pytest.raises(DataError, match=r"chorales\.npz must be .* remove it"):
            datasets.load("chorales", tmp_path)


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


def oracle(file):
    """The roll of a file of mido, whose parser is not ours."""
    step = file.ticks_per_beat / 2
    spans = []
    for track in file.tracks:
        time, begun = 0, {}
        for message in track:
            time += message.time
            if message.type not in ("note_on", "note_off") or message.channel == 9:
                continue
            place = message.channel, message.note
            if place in begun and 21 <= message.note < 109:
                start = round(begun[place] / step)
                spans.append((start, max(start + 1, round(time / step)), message.note - 21))
            begun.pop(place, None)
            if message.type == "note_on" and message.velocity:
                begun[place] = time
    roll = np.zeros((max(end for _, end, _ in spans), 88))
    for start, end, key in spans:
        roll[start:end, key] = 1
    return roll


@pytest.mark.parametrize("seed", range(8))
def test_notes_among_events_of_every_kind(tmp_path, seed):
    rng = np.random.default_rng(seed)
    file = mido.MidiFile(ticks_per_beat=int(rng.choice([24, 96, 480, 32767])))
    for _ in range(3):
        track = mido.MidiTrack()
        struck = []
        for _ in range(200):
            wait, channel = int(rng.integers(300)), int(rng.integers(16))
            others = [
                mido.Message("program_change", program=5, channel=channel, time=wait),
                mido.Message("aftertouch", value=3, channel=channel, time=wait),
                mido.Message("control_change", control=64, value=127, time=wait),
                mido.Message("pitchwheel", pitch=-500, channel=channel, time=wait),
                mido.Message("sysex", data=list(range(100)) * 2, time=wait),
                mido.MetaMessage("set_tempo", tempo=300_000, time=wait),
                mido.MetaMessage("lyrics", text="la " * 50, time=wait),
            ]
            if struck and rng.random() < 0.4:
                place = struck.pop(int(rng.integers(len(struck))))
                kind, velocity = [("note_off", 64), ("note_on", 0)][rng.integers(2)]
                track.append(message(kind, *place, velocity, wait))
            elif rng.random() < 0.7:
                struck.append((channel, int(rng.integers(128))))
                track.append(message("note_on", *struck[-1], 70, wait))
            else:
                track.append(others[rng.integers(len(others))])
        track += [message("note_off", *place, 0, 5) for place in struck]
        file.tracks.append(track)
    file.save(tmp_path / "a.mid")
    np.testing.assert_array_equal(midi.read_midi(tmp_path / "a.mid"), oracle(file))


def message(kind, channel, note, velocity, time):
    return mido.Message(kind, channel=channel, note=note, velocity=velocity, time=time)


def chunks(*tracks, kind=0, count=None, division=b"\0\x60"):
    """The bytes of a file of these tracks; 96 ticks a quarter note."""
    count = len(tracks) if count is None else count
    content = b"MThd\0\0\0\6" + struct.pack(">HH", kind, count) + division
    return content + b"".join(b"MTrk" + struct.pack(">I", len(track)) + track for track in tracks)


END = b"\0\xff\x2f\0"
NOTE = b"\0\x90\x3c\x40\x60\x80\x3c\0"  # C4 for 96 ticks, a quarter note.


@pytest.mark.parametrize(
    ("frames", "ticks", "seconds", "steps"),
    [(24, 4, 1.0, 4), (25, 40, 1.0, 4), (25, 40, 0.5, 2), (30, 80, 0.25, 1), (29, 100, 1.001, 4)],
)
def test_files_timed_in_frames_are_read_in_seconds(tmp_path, frames, ticks, seconds, steps):
    """A step is an eighth note at 120 quarter notes a minute, a quarter of a second."""
    length = round(seconds * ticks * (30 / 1.001 if frames == 29 else frames))
    delta = bytes([0x80 | length >> 7, length & 0x7F])
    division = bytes([256 - frames, ticks])
    track = b"\0\x90\x3c\x40" + delta + b"\x80\x3c\0" + END
    (tmp_path / "a.mid").write_bytes(chunks(track, division=division))
    with pytest.warns(UserWarning, match=r"a\.mid is timed in frames: a step is 0\.25 seconds"):
        roll = midi.read_midi(tmp_path / "a.mid")
    assert roll.shape == (steps, 88)
    assert (roll[:, 60 - midi.LOWEST] == 1).all()


def test_a_note_that_never_ends_sounds_until_the_end_of_its_track(tmp_path):
    track = b"\0\x90\x40\x40" + NOTE + b"\x60\x90\x3e\x40" + b"\x60\xff\x2f\0"
    (tmp_path / "a.mid").write_bytes(chunks(track))
    with pytest.warns(UserWarning, match="does not end 2 notes"):
        roll = midi.read_midi(tmp_path / "a.mid")
    expected = np.zeros((6, 88))
    expected[:, 0x40 - midi.LOWEST] = expected[:2, 0x3C - midi.LOWEST] = 1
    expected[4:, 0x3E - midi.LOWEST] = 1
    np.testing.assert_array_equal(roll, expected)


def test_tracks_that_the_header_does_not_count_are_read(tmp_path):
    other = b"\x60" + NOTE[1:].replace(b"\x3c", b"\x3e") + END
    (tmp_path / "a.mid").write_bytes(chunks(NOTE + END, other, kind=1, count=1))
    with pytest.warns(UserWarning, match="has 1 tracks more than its header counts: all are read"):
        roll = midi.read_midi(tmp_path / "a.mid")
    expected = np.zeros((4, 88))
    expected[:2, 0x3C - midi.LOWEST] = expected[2:, 0x3E - midi.LOWEST] = 1
    np.testing.assert_array_equal(roll, expected)


def test_chunks_of_other_kinds_and_running_status(tmp_path):
    track = b"\0\x90\x3c\x40" + b"\x60\x3c\0" + b"\0\x3e\x40" + b"\x60\x3e\0" + END
    content = chunks(track)
    content = content[:14] + b"XFIH\0\0\0\3abc" + content[14:] + b"rest"
    (tmp_path / "a.mid").write_bytes(content)
    expected = np.zeros((4, 88))
    expected[:2, 0x3C - midi.LOWEST] = expected[2:, 0x3E - midi.LOWEST] = 1
    np.testing.assert_array_equal(midi.read_midi(tmp_path / "a.mid"), expected)


LONG = b"\0\x90\x3c\x40" + b"\xff\xff\xff\x7f\x80\x3c\0" + END
FAULTS = {
    "empty": (b"", "must begin with MThd"),
    "wav": (b"RIFF" + bytes(40), "must begin with MThd .* Received: b'RIFF"),
    "header": (chunks()[:13], "must begin with MThd and a header of 14 bytes"),
    "format": (chunks(NOTE + END, kind=2), "format must be 0 or 1, .* Received: format 2"),
    "unknown format": (chunks(NOTE + END, kind=700), "Received: format 700"),
    "division": (chunks(NOTE + END, division=b"\0\0"), "Received: a division of 0x0000"),
    "frames": (chunks(NOTE + END, division=b"\xf0\x28"), "24, 25, 29 or 30 frames .* 0xf028"),
    "ticks": (chunks(NOTE + END, division=b"\xe7\0"), "Received: a division of 0xe700"),
    "more tracks": (chunks(NOTE + END, count=3), "must have 3 tracks by its header. Received: 1"),
    "truncated": (chunks(NOTE + END)[:-1], "the track at byte 22 must have 12 bytes.*: 11"),
    "half an event": (chunks(NOTE[:-1]), "the track at byte 22 must have whole events"),
    "half a text": (chunks(NOTE + b"\0\xff\1\x50la"), "the track at byte 22 must have whole"),
    "no status": (chunks(b"\0\x3c\x40"), "byte 23 must begin an event. Received: 0x3c"),
    "real time": (chunks(b"\0\xf8" + NOTE), "must begin an event. Received: 0xf8"),
    "data": (chunks(b"\0\x90\xbc\x40"), "bytes 24 and 25 must be data"),
    "long number": (chunks(b"\xff" * 500 + NOTE), "the number at byte 22 must have 4 bytes"),
    "long delta": (chunks(LONG), "must have 100000 steps or fewer, .* Received: 5592405"),
    "long deltas": (chunks(LONG, b"\xff\xff\xff\x7f\x90\x3c\1" * 9 + NOTE), "100000 steps"),
    "no notes": (chunks(END), "must have notes of a piano, .* Received: none"),
    "no note-offs": (
        chunks(b"\0\x90\x3c\x40\x60\x3e\x40\x60\x40\x40" + END),
        "and events that end them. Received: 3 notes that never end",
    ),
}


@pytest.mark.parametrize(("content", "words"), FAULTS.values(), ids=FAULTS)
def test_a_broken_file_is_named_and_does_not_stop_its_folder(tmp_path, content, words):
    path = tmp_path / "deep" / "broken.mid"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as raised:
        midi.read_midi(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)
    with (
        pytest.warns(UserWarning, match="Left out"),
        pytest.raises(DataError, match=f"1 files, 1 of them broken; .*{words}"),
    ):
        midi.read_midi_folder(tmp_path)
    (tmp_path / "good.mid").write_bytes(chunks(NOTE + END))
    with pytest.warns(UserWarning, match=f"Left out: .*broken.mid .*{words}"):
        series, notes = midi.read_midi_folder(tmp_path)
    assert [value.shape for value in series.values] == [(2, 88)]
    assert notes == {"files": 2, "skipped": ["deep/broken.mid"]}


def test_remarks_are_stored_with_the_run(tmp_path):
    for number in range(5):
        midi.write_midi(tune(number), tmp_path / f"{number}.mid")
    track = b"\0\x90\x3c\x40\x60\x80\x3c\0" + END
    (tmp_path / "frames.mid").write_bytes(chunks(track, division=b"\xe7\x60"))
    with pytest.warns(UserWarning, match="timed in frames"):
        splits = datasets.load(f"midi:{tmp_path}")
    assert splits.spec.notes["remarks"] == ["frames.mid is timed in frames: a step is 0.25 seconds"]


def test_a_file_of_more_than_sixteen_mebibytes_is_refused(tmp_path):
    with open(tmp_path / "a.mid", "wb") as file:
        file.truncate(2**24 + 1)
    with pytest.raises(DataError, match="must have 16777216 bytes or fewer"):
        midi.read_midi(tmp_path / "a.mid")
