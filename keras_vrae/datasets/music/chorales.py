"""The chorales of Bach that come inside music21, as piano rolls."""

import os
from pathlib import Path

import numpy as np

from keras_vrae.datasets.music.midi import KEYS, LOWEST, STEPS_IN_QUARTER
from keras_vrae.datasets.series.preparation import Series
from keras_vrae.files import replacing
from keras_vrae.validation import DataError

CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "keras_vrae", "chorales.npz")


def read_chorales(folder: str | Path | None = None) -> Series:
    """Reads the chorales of four parts. The first time music21 parses them, which takes minutes.

    Args:
        folder: folder that keeps their rolls for the next time; the user's cache if None.

    Returns:
        `Series` of rolls `(T, 88)` of zeros and ones, a step an eighth note, labelled `major` or
        `minor` by the key that the notes are nearest to.

    Raises:
        DataError: without music21, and for a kept file that is damaged.
    """
    path = CACHE.expanduser() if folder is None else Path(folder, CACHE.name)
    if path.is_file():
        try:
            # NumPy leaves a damaged file open that it has opened itself.
            with open(path, "rb") as file, np.load(file) as stored:
                rows, lengths = stored["rolls"], stored["lengths"]
                modes, names = stored["modes"].tolist(), stored["names"].tolist()
        except Exception as error:  # zipfile and NumPy's parser of headers raise a dozen kinds.
            expected = "an archive that keras_vrae wrote; remove it, and it is written again"
            raise DataError(f"{path} must be {expected}. Received: {error}") from None
    else:
        rows, lengths, modes, names = _parse_chorales()
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as aside:
            columns = {"rolls": rows, "lengths": lengths, "modes": modes, "names": names}
            np.savez_compressed(aside, **columns)
    rolls = np.split(rows.astype("float32"), np.cumsum(lengths)[:-1])
    return Series(rolls, modes, names=names)


def _parse_chorales():
    try:
        from music21 import corpus
    except ImportError:
        raise DataError("`chorales` needs music21: pip install 'keras_vrae[music]'") from None
    rolls, modes, names = [], [], []
    for path in corpus.getComposer("bach"):
        score = corpus.parse(path)
        if len(score.parts) != 4:
            continue
        roll = _parse_score(score)
        rolls.append(roll)
        modes.append(score.analyze("key").mode)
        names.append(Path(path).stem)
    lengths = np.array([len(roll) for roll in rolls])
    return np.concatenate(rolls), lengths, modes, names


def _parse_score(score):
    notes = [
        (float(note.offset), float(note.offset + note.quarterLength), pitch.midi - LOWEST)
        for note in score.flatten().notes
        for pitch in note.pitches
    ]
    steps = round(max(end for _, end, _ in notes) * STEPS_IN_QUARTER)
    roll = np.zeros((steps, KEYS), "uint8")
    for start, end, key in notes:
        first = round(start * STEPS_IN_QUARTER)
        roll[first : max(first + 1, round(end * STEPS_IN_QUARTER)), key] = 1
    return roll
