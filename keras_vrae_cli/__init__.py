"""Commands of keras_vrae: `python -m keras_vrae_cli COMMAND`.

`flags/` holds the flags of each command, and the module of the same name here does the work. A
command loads Keras and keras_vrae, which takes seconds, after its flags have turned out right.
"""
