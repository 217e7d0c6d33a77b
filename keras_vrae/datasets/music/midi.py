"""Piano rolls from and to MIDI files."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_vrae.datasets.music.midi_file import read_notes
from keras_vrae.datasets.series.preparation import Series
from keras_vrae.files import files_below
from keras_vrae.validation import DataError

LOWEST, KEYS = 21, 88  # A0 to C8, as MIDI numbers them.
STEPS_IN_QUARTER = 2
MOST_STEPS = 100_000  # Of one piece: seven hours at 120 quarter notes a minute.
DRUMS = 9
ENDINGS = (".mid", ".midi")


def read_midi_folder(folder: str | Path) -> tuple[Series, dict[str, Any]]:
    """Reads the MIDI files of a folder and of those in it, each as a piano roll.

    A file that is broken is named in a warning and left out.

    Returns:
        `(series, notes)`: `Series` of rolls as of `read_midi`, with remarks on files left out or
        read in a way of their own; and a dict with the number of files and the names of those left
        out.

    Raises:
        DataError: for a folder without a readable MIDI file.
    """
    paths = [path for path in files_below(folder) if path.suffix.lower() in ENDINGS]
    rolls, names, skipped, remarks, first = [], [], [], [], ""
    for path in paths:
        name = str(path.relative_to(folder))
        try:
            roll, found = _read_roll(path)
        except DataError as error:
            warnings.warn(f"Left out: {error}", stacklevel=2)
            skipped.append(name)
            first = first or f"; {error}"
            continue
        rolls.append(roll)
        names.append(str(path))
        remarks += [f"{name} {remark}" for remark in found]
        for remark in found:
            warnings.warn(f"{path} {remark}", stacklevel=2)
    if not rolls:
        raise DataError(
            f"{folder} must hold MIDI files that can be read. "
            f"Received: {len(paths)} files, {len(skipped)} of them broken{first}"
        )
    remarks += [f"{name} is broken and left out" for name in skipped]
    notes = {"files": len(paths), "skipped": skipped}
    return Series(rolls, names=names, remarks=tuple(remarks)), notes


def read_midi(path: str | Path) -> np.ndarray:
    """Reads one MIDI file as a piano roll `(T, 88)` of zeros and ones, float32.

    A step is an eighth note. Drums (channel 10) and keys outside of a piano are left out. In a file
    timed in frames (SMPTE) an eighth note is a quarter of a second; a note that never ends sounds
    until the end of its track. A warning says so.

    Raises:
        DataError: for a broken file, one without notes of a piano, one that ends none of them, and
            one of more than 100,000 steps.
    """
    roll, remarks = _read_roll(path)
    for remark in remarks:
        warnings.warn(f"{path} {remark}", stacklevel=2)
    return roll


def _read_roll(path):
    """Returns the roll of a file, and how it was read if that is out of the ordinary."""
    content = read_notes(path)
    notes = [
        note
        for note in content.notes
        if note.channel != DRUMS and LOWEST <= note.key < LOWEST + KEYS
    ]
    endless = sum(not note.ended for note in notes)
    if not notes or endless == len(notes):
        expected = "notes of a piano, and events that end them"
        received = f"{endless} notes that never end" if notes else "none"
        raise DataError(f"{path} must have {expected}. Received: {received}")
    step = content.ticks_of_a_quarter / STEPS_IN_QUARTER
    spans = [(round(note.start / step), round(note.end / step), note.key) for note in notes]
    spans = [(start, max(start + 1, end), key - LOWEST) for start, end, key in spans]
    steps = max(end for _, end, _ in spans)
    if steps > MOST_STEPS:
        expected = f"{MOST_STEPS} steps or fewer, eighth notes"
        raise DataError(f"{path} must have {expected}. Received: {steps}")
    remarks = []
    if content.in_frames:
        remarks.append("is timed in frames: a step is 0.25 seconds")
    if content.uncounted:
        remarks.append(f"has {content.uncounted} tracks more than its header counts: all are read")
    if endless:
        remarks.append(f"does not end {endless} notes: they sound until the end of their track")
    roll = np.zeros((steps, KEYS), "float32")
    for start, end, key in spans:
        roll[start:end, key] = 1
    return roll, remarks


def write_midi(roll: ArrayLike, path: str | Path, tempo: int = 500_000) -> None:
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
