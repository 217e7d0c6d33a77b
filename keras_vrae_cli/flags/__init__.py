"""Flags of each command, one module per command. Nothing here loads Keras or keras_vrae.

A module has `FLAGS`, and `ARGUMENTS` if the command takes arguments that are not flags. Its
docstring is the beginning of what `--help` shows.
"""
