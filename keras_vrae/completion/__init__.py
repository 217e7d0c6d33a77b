"""Continuations of sequences by a finished run: `python -m keras_vrae.completion RUN_DIR ...`."""

from keras_vrae.completion.files import ENDINGS, write
from keras_vrae.completion.prefixes import Prefixes, read_prefixes

__all__ = ["ENDINGS", "Prefixes", "read_prefixes", "write"]
