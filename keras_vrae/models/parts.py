"""The parts of a model in its config, and which of their layers are frozen."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras

from keras_vrae import backend
from keras_vrae.validation import SettingError, complaint


def serialize_parts(model: keras.Model, names: Iterable[str]) -> dict[str, Any]:
    """The attributes of these names as a dict for a config.

    Raises:
        SettingError: for a part whose class Keras could not find again.
    """
    parts = {name: getattr(model, name) for name in names}
    for name, part in parts.items():
        if part is not None:
            check_registered(name, type(part))
    return {name: keras.saving.serialize_keras_object(part) for name, part in parts.items()}


def check_registered(name: str, kind: type) -> None:
    """Raises `SettingError` for a class without which a saved model could not be loaded."""
    registered = keras.saving.get_registered_name(kind)
    if keras.saving.get_registered_object(registered) is not kind:
        expected = (
            "of a class decorated with "
            '@keras.saving.register_keras_serializable(package="..."), so that a saved model finds '
            "it again"
        )
        raise SettingError(complaint(name, expected, kind.__name__))


def deserialize_parts(
    config: Mapping[str, Any], names: Iterable[str]
) -> tuple[dict[str, Any], Sequence[int]]:
    """A config with objects for the parts of these names, and the list of frozen layers in it.

    Returns:
        `(config, frozen)`.
    """
    config = dict(config)
    for name in names:
        part = config.get(name)
        config[name] = part and keras.saving.deserialize_keras_object(part)
    return config, config.pop("frozen_layers", ())


def frozen_layers(model: keras.layers.Layer) -> list[int]:
    """The numbers of the frozen layers inside a model, in the order of its layers."""
    return [i for i, layer in enumerate(backend.flatten_layers(model)) if not layer.trainable]


def freeze(part: keras.layers.Layer, numbers: Iterable[int] | None = None) -> None:
    """Freezes the layers of these numbers inside a part; if None, those that it says are frozen.

    A part that is frozen when it is made, as from a file, has inner layers that do not know it yet,
    and setting what is set already does nothing.
    """
    if numbers is not None:
        layers = backend.flatten_layers(part)
        for number in numbers:
            layers[number].trainable = False
    elif not part.trainable:
        part.trainable = True
        part.trainable = False
