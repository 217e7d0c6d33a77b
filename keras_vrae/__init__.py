"""Variational autoencoders for Keras, above all recurrent ones."""

import importlib
import sys
from typing import TYPE_CHECKING, Any

# Python imports this package before it runs one of its modules, as in `python -m keras_vrae`.
_modules = {name for name in sys.orig_argv if name.partition(".")[0] == __name__}
_running = _modules if sys.argv[:1] == ["-m"] else set()

if _running:
    from keras_vrae_cli.quiet import silence_tensorflow

    silence_tensorflow()

if TYPE_CHECKING or __name__ not in _running:
    from keras_vrae.public import *  # noqa: F403
    from keras_vrae.public import __all__ as __all__
else:
    # `python -m keras_vrae` is still to choose the backend, so that the names of the package wait
    # until they are asked for.
    def __getattr__(name: str) -> Any:
        return getattr(importlib.import_module("keras_vrae.public"), name)
