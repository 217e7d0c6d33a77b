"""Music as piano rolls: the chorales of Bach, and MIDI files."""

from keras_vrae.datasets.music.loading import load

__all__ = ["load"]
