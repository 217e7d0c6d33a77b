"""TensorFlow without its greetings, in every program."""

import os
import sys
from collections.abc import Callable
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from absl import logging


def silence_tensorflow() -> None:
    """Makes TensorFlow silent when it is imported, and later about all but warnings and errors.

    With the environment variable TF_CPP_MIN_LOG_LEVEL=0 it greets as ever. A program on another
    backend loads it too: Keras imports TensorFlow in some of its functions if it is installed.
    """
    logging.use_absl_handler()
    logging.set_verbosity(logging.WARNING)  # TensorFlow reports every part of an export.
    silent = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2") != "0"
    if silent and not any(isinstance(finder, _SilentTensorFlow) for finder in sys.meta_path):
        sys.meta_path.insert(0, _SilentTensorFlow())


class _SilentTensorFlow(MetaPathFinder):
    """Finds TensorFlow, and has it executed in silence."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name) if name == "tensorflow" else None
        if spec and spec.loader:
            execute = partial(_execute_in_silence, spec.loader.exec_module)
            spec.loader.exec_module = execute  # type: ignore[method-assign]
        return spec


def _execute_in_silence(execute: Callable[[ModuleType], None], tensorflow: ModuleType) -> None:
    """Executes the module with file descriptor 2 pointing nowhere.

    TensorFlow writes its greetings there before TF_CPP_MIN_LOG_LEVEL takes effect.
    """
    stderr = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        execute(tensorflow)
        tensorflow.config.list_physical_devices()
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
