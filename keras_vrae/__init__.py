"""Variational autoencoders for Keras, above all recurrent ones."""

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or not (sys.argv[:1] == ["-m"] and __name__ in sys.orig_argv):
    from keras_vrae.public import *  # noqa: F403
    from keras_vrae.public import __all__ as __all__
else:
    # Python imports this package before it runs `python -m keras_vrae`, which is still to choose
    # the backend. So the names of the package wait until they are asked for.
    def __getattr__(name: str) -> Any:
        return getattr(importlib.import_module("keras_vrae.public"), name)
