"""Continuations of sequences by a finished run: `python -m keras_vrae.completion RUN_DIR ...`."""
