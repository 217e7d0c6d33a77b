"""Callbacks that a command is asked for by name."""

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from keras_vrae import backend
from keras_vrae.validation import SettingError, complaint

if TYPE_CHECKING:
    import keras


def make_callback(name: str) -> "keras.callbacks.Callback":
    """Makes the Keras callback that `MODULE:CLASS` names.

    The module is looked for in the current folder too. What the name stands for is called without
    arguments, so that a function may make the callback as well.

    Args:
        name: the name, such as `"my_tracking:Tracker"`.

    Raises:
        SettingError: if the module or the name in it does not exist, or makes something else than a
            Keras callback.
    """
    import keras

    module, separator, attribute = name.partition(":")
    if not (separator and module and attribute):
        raise SettingError(complaint("callback", "MODULE:CLASS, such as my_tracking:Tracker", name))
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        made = getattr(importlib.import_module(module), attribute)()
    # The code is the user's, and may fail in any way.
    except Exception as error:
        expected = f"a callback that can be made ({type(error).__name__}: {error})"
        raise SettingError(complaint("callback", expected, name)) from error
    if not isinstance(made, keras.callbacks.Callback):
        expected = f"the name of a Keras callback, not of a {type(made).__name__}"
        raise SettingError(complaint("callback", expected, name))
    return made


def make_tensorboard(folder: str | Path) -> "keras.callbacks.Callback":
    """Makes the callback that writes the history of a run for TensorBoard.

    Args:
        folder: the folder to write to.

    Raises:
        SettingError: on other backends than TensorFlow, and if TensorBoard is not installed.
    """
    import keras

    if backend.name != "tensorflow":
        expected = f"left out with backend={backend.name!r}, as Keras writes it with TensorFlow"
        raise SettingError(complaint("tensorboard", expected, True))
    if importlib.util.find_spec("tensorboard") is None:
        expected = "left out unless TensorBoard is installed, with: pip install tensorboard"
        raise SettingError(complaint("tensorboard", expected, True))
    return keras.callbacks.TensorBoard(str(folder), write_graph=False)
