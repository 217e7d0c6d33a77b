"""Piano rolls from and to MIDI files."""

import warnings
from pathlib import Path

import numpy as np

from keras_vrae.datasets.series.preparation import Series
from keras_vrae.validation import DataError

LOWEST, KEYS = 21, 88  # A0 to C8, as MIDI numbers them.
STEPS_IN_QUARTER = 2
ENDINGS = (".mid", ".midi")


def read_midi_folder(folder):
    """Reads the MIDI files of a folder and of those in it, each as a piano roll.

    A step is an eighth note. Drums (channel 10) and keys outside of a piano are left out. A file
    that is broken is named in a warning and left out.

    Returns:
        `(series, notes)`: `Series` of rolls `(T, 88)` of zeros and ones, and a dict with the number
        of files and the names of those left out.

    Raises:
        DataError: for a folder without a readable MIDI file.
    """
    paths = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in ENDINGS)
    rolls, names, skipped = [], [], []
    for path in paths:
        try:
            rolls.append(read_midi(path))
            names.append(str(path))
        except DataError as error:
            warnings.warn(f"Left out: {error}", stacklevel=2)
            skipped.append(str(path.relative_to(folder)))
    if not rolls:
        raise DataError(
            f"{folder} must hold MIDI files that can be read. "
            f"Received: {len(paths)} files, {len(skipped)} of them broken"
        )
    return Series(rolls, names=names), {"files": len(paths), "skipped": skipped}


def read_midi(path):
    """Reads one MIDI file as a piano roll `(T, 88)` of zeros and ones, float32.

    Raises:
        DataError: for a broken file, and for one without notes of a piano.
    """
    mido = _mido(path)
    try:
        file = mido.MidiFile(path)
        messages = list(_notes(file))
    except Exception as error:  # mido's parser may raise anything.
        raise DataError(f"{path} cannot be read: {error or type(error).__name__}") from None
    if not messages:
        raise DataError(f"{path} must have notes of a piano. Received: none")
    roll = np.zeros((max(end for _, end, _ in messages), KEYS), "float32")
    for start, end, key in messages:
        roll[start:end, key] = 1
    return roll


def _notes(file):
    """`(first step, step after the last, key)` of each note."""
    step = file.ticks_per_beat / STEPS_IN_QUARTER
    for track in file.tracks:
        time, begun = 0, {}
        for message in track:
            time += message.time
            if message.type not in ("note_on", "note_off") or message.channel == 9:
                continue
            key = message.note - LOWEST
            if not 0 <= key < KEYS:
                continue
            if (message.channel, key) in begun:
                start = round(begun.pop((message.channel, key)) / step)
                yield start, max(start + 1, round(time / step)), key
            if message.type == "note_on" and message.velocity:
                begun[message.channel, key] = time


def write_midi(roll, path, tempo=500_000):
    """Writes a piano roll as a MIDI file; a key that stays on is one note.

    Args:
        roll: `(T, 88)`; a value of a half or more is a key that is on.
        path: the file.
        tempo: microseconds a quarter note.
    """
    mido = _mido(path)
    on = np.pad(np.asarray(roll) >= 0.5, [(1, 1), (0, 0)]).astype(int)
    file = mido.MidiFile()
    ticks = file.ticks_per_beat // STEPS_IN_QUARTER
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=tempo)])
    last = 0
    for step, changes in enumerate(np.diff(on, axis=0)):
        for key in np.flatnonzero(changes):
            kind = "note_on" if changes[key] > 0 else "note_off"
            note, wait = int(key) + LOWEST, (step - last) * ticks
            track.append(mido.Message(kind, note=note, velocity=64, time=wait))
            last = step
    file.tracks.append(track)
    file.save(path)


def _mido(path):
    try:
        import mido
    except ImportError:
        raise DataError(f"{path} needs mido: pip install 'keras_vrae[music]'") from None
    return mido
