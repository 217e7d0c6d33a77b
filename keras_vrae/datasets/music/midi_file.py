"""Notes in the bytes of a MIDI file."""

import struct
from pathlib import Path
from typing import NamedTuple

from keras_vrae.validation import DataError

MOST_BYTES = 2**24
SECONDS_OF_A_QUARTER = 0.5  # Until a file says otherwise: 120 quarter notes a minute.
FRAMES_A_SECOND = {24: 24.0, 25: 25.0, 29: 30 / 1.001, 30: 30.0}
NOTE_OFF, NOTE_ON, META, END_OF_TRACK = 0x8, 0x9, 0xFF, 0x2F
SYSTEM_EXCLUSIVE = (0xF0, 0xF7)
ONE_DATA_BYTE = (0xC, 0xD)  # Program change and channel pressure; all others have two.


class Note(NamedTuple):
    """One note.

    Attributes:
        channel: from 0; 9 is that of drums.
        key: from 0 to 127.
        start, end: ticks from the beginning.
        ended: whether the file ends it; if not, `end` is that of its track.
    """

    channel: int
    key: int
    start: int
    end: int
    ended: bool


class MidiNotes(NamedTuple):
    """The notes of a file.

    Attributes:
        notes: a list of `Note`.
        ticks_of_a_quarter: ticks of a quarter note.
        in_frames: whether ticks are parts of a frame of film (SMPTE), and a quarter note by
            definition half a second.
        uncounted: number of tracks that the file has beyond those that its header counts.
    """

    notes: list[Note]
    ticks_of_a_quarter: float
    in_frames: bool
    uncounted: int


def read_notes(path: str | Path) -> MidiNotes:
    """Reads the notes of all tracks of a MIDI file.

    Returns:
        `MidiNotes`.

    Raises:
        DataError: for a file that is damaged, of format 2, or of more than 16 MiB.

    Reference:
        MIDI Association, Standard MIDI Files 1.0, RP-001.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ValueError(f"it must have {MOST_BYTES} bytes or fewer. Received: more")
        return _parse(content)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, struct.error) as error:
        raise DataError(f"{path} cannot be read: {error}") from None


def _parse(content):
    if content[:4] != b"MThd" or len(content) < 14:
        expected = "it must begin with MThd and a header of 14 bytes"
        raise ValueError(f"{expected}. Received: {content[:14]!r}")
    size, kind, count, division = struct.unpack(">IHHh", content[4:14])
    if kind not in (0, 1):
        expected = "its format must be 0 or 1, of tracks that sound together"
        raise ValueError(f"{expected}. Received: format {kind}")
    ticks, in_frames = _ticks_of_a_quarter(division)
    tracks = list(_tracks(content, 8 + size))
    if len(tracks) < count:
        raise ValueError(f"it must have {count} tracks by its header. Received: {len(tracks)}")
    notes = []
    for start, end in tracks:
        try:
            notes += _read_track(memoryview(content)[:end], start)
        except IndexError:
            expected = f"the track at byte {start} must have whole events"
            raise ValueError(f"{expected}. Received: an end in the middle of one") from None
    return MidiNotes(notes, ticks, in_frames, len(tracks) - count)


def _ticks_of_a_quarter(division):
    """Returns the ticks of a quarter note, and whether they are parts of a frame."""
    if division > 0:
        return division, False
    frames, ticks = -(division >> 8), division & 0xFF
    if frames not in FRAMES_A_SECOND or not ticks:
        expected = "ticks a quarter note, or ticks in each of 24, 25, 29 or 30 frames a second"
        received = f"a division of 0x{division & 0xFFFF:04x}"
        raise ValueError(f"its header must give {expected}. Received: {received}")
    return FRAMES_A_SECOND[frames] * ticks * SECONDS_OF_A_QUARTER, True


def _tracks(content, place):
    """Yields the first byte of each track, and the byte after its last."""
    while place + 8 <= len(content):
        name, size = struct.unpack(">4sI", content[place : place + 8])
        start, place = place + 8, place + 8 + size
        if name == b"MTrk":  # Chunks of other names are not for us, says the standard.
            if place > len(content):
                expected = f"the track at byte {start} must have {size} bytes"
                raise ValueError(f"{expected}. Received: {len(content) - start}")
            yield start, place


def _read_track(content, place):
    """Yields the `Note`s of the track from this byte to the last."""
    time, running = 0, None
    sounding: dict[tuple[int, int], int] = {}
    while place < len(content):
        delta, place = _read_number(content, place)
        time += delta
        status = content[place]
        if status == META:
            kind = content[place + 1]
            length, place = _read_number(content, place + 2)
            place += length
            if kind == END_OF_TRACK:
                break
        elif status in SYSTEM_EXCLUSIVE:
            length, place = _read_number(content, place + 1)
            place += length
        else:
            if status & 0x80:
                running, place = status, place + 1
            if running is None or running >= SYSTEM_EXCLUSIVE[0]:
                raise ValueError(f"byte {place} must begin an event. Received: 0x{status:02x}")
            event, channel = running >> 4, running & 0xF
            length = 1 if event in ONE_DATA_BYTE else 2
            key, velocity = content[place], content[place + length - 1]
            if (key | velocity) & 0x80:
                expected = f"bytes {place} and {place + length - 1} must be data, below 0x80"
                raise ValueError(f"{expected}. Received: 0x{key:02x} and 0x{velocity:02x}")
            place += length
            if event in (NOTE_OFF, NOTE_ON):
                # A key that is struck again ends the note before.
                if (channel, key) in sounding:
                    yield Note(channel, key, sounding.pop((channel, key)), time, ended=True)
                if event == NOTE_ON and velocity:
                    sounding[channel, key] = time
    if place > len(content):
        raise IndexError
    for (channel, key), start in sounding.items():
        yield Note(channel, key, start, time, ended=False)


def _read_number(content, place):
    """Reads a number of one to four bytes of seven bits; returns it and the byte after it."""
    value = 0
    for byte in range(place, place + 4):
        value = value << 7 | content[byte] & 0x7F
        if content[byte] < 0x80:
            return value, byte + 1
    raise ValueError(f"the number at byte {place} must have 4 bytes or fewer. Received: more")
