"""Argument checks. Every message has three beats: the name, what was expected, what came."""

import difflib
import math
import operator
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from keras_vrae.types import Shape

MOST_CHOICES_NAMED = 20

Choice = TypeVar("Choice")
Kind = TypeVar("Kind")


class SettingError(ValueError):
    """An invalid setting. Programs print it on one line and exit with status 2."""


class DataError(ValueError):
    """Unusable data. Programs print it on one line and exit with status 1."""


def complaint(name: str, expected: str, value: object, of: str = "") -> str:
    """The three-beat message: `name` must be `expected`, and this is what came.

    `of` names the part of the argument that `value` is, such as `.shape`.
    """
    return f"`{name}` must be {expected}. Received: {name}{of}={value!r}"


def check_int(name: str, value: Any, minimum: int = 1, maximum: float = math.inf) -> int:
    """Returns `value` as an int of at least `minimum`, or raises `SettingError`."""
    expected = f"a whole number of at least {minimum}"
    if maximum != math.inf:
        expected += f" and at most {maximum}"
    try:
        number = operator.index(value)
    except TypeError:
        raise SettingError(complaint(name, expected, value)) from None
    if isinstance(value, bool) or not minimum <= number <= maximum:
        raise SettingError(complaint(name, expected, value))
    return number


def check_float(
    name: str,
    value: Any,
    minimum: float = 0.0,
    maximum: float = math.inf,
    above: bool = False,
    below: bool = False,
) -> float:
    """Returns `value` as a finite float in a range, or raises `SettingError`.

    Args:
        name: what to call the value in the message.
        value: the number.
        minimum, maximum: the ends of the range.
        above: whether `minimum` itself is refused.
        below: whether `maximum` itself is refused.
    """
    expected = f"a number {'above' if above else 'of at least'} {minimum:g}"
    if maximum != math.inf:
        expected += f" and {'below' if below else 'of at most'} {maximum:g}"
    try:
        if isinstance(value, (bool, str)):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError):
        raise SettingError(complaint(name, expected, value)) from None
    too_low = number <= minimum if above else number < minimum
    too_high = number >= maximum if below else number > maximum
    if not math.isfinite(number) or too_low or too_high:
        raise SettingError(complaint(name, expected, value))
    return number


def check_choice(name: str, value: Choice, choices: Iterable[Choice]) -> Choice:
    """Returns `value` if it is one of `choices`, or raises `SettingError` with the nearest one."""
    choices = tuple(choices)
    if value in choices:
        return value
    nearest = difflib.get_close_matches(str(value), [str(choice) for choice in choices], n=1)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    expected = f"one of {', '.join(repr(choice) for choice in choices)}"
    if len(choices) > MOST_CHOICES_NAMED:
        expected = f"one of {len(choices)} known names"
    raise SettingError(complaint(name, expected, value) + hint)


def check_folder(name: str, value: Any) -> str | Path:
    """Returns `value`, the path of a folder that exists, or raises `SettingError`."""
    if not isinstance(value, (str, Path)) or not Path(value).is_dir():
        raise SettingError(complaint(name, "a folder that exists", str(value)))
    return value


def check_type(name: str, value: Any, kind: type[Kind]) -> Kind:
    """Returns `value` when it is of that class of keras_vrae, or raises `SettingError`."""
    if not isinstance(value, kind):
        raise SettingError(complaint(name, f"a keras_vrae.{kind.__name__}", value))
    return value


def check_event_shape(name: str, value: Any, any_length: bool = False) -> Shape:
    """Returns `value`, the shape of one example, as a tuple of positive ints.

    With `any_length` the first of them, the number of time steps, may also be None.
    """
    try:
        shape = tuple(value)
    except TypeError:
        shape = ()
    if not shape:
        raise SettingError(complaint(name, "a non-empty tuple of sizes", value))
    if any_length and shape[0] is None:
        return (None, *(check_event_shape(name, shape[1:]) if shape[1:] else ()))
    return tuple(check_int(f"{name}[{axis}]", size) for axis, size in enumerate(shape))


def check_batch_shape(
    name: str, shape: Sequence[int | None], event_shape: Sequence[int | None]
) -> None:
    """Raises `SettingError` unless `shape` is that of a batch of examples of `event_shape`.

    None stands for any size, on either side.
    """
    shape = tuple(shape)
    matches = len(shape) == len(event_shape) + 1 and all(
        size is None or fixed is None or size == fixed
        for size, fixed in zip(shape[1:], event_shape, strict=True)
    )
    if not matches:
        expected = f"of shape {('batch', *event_shape)}"
        raise SettingError(complaint(name, expected, shape, of=".shape"))
