"""Parsers of flags for which absl does not have one, and flags of several commands."""

import difflib
import math
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from absl import flags

# As in `keras_vrae.datasets.names`, which tests compare with these.
DATASETS = ("digits", "mnist", "fashion_mnist", "kmnist", "chorales", "newsgroups")
DATASET_PREFIXES = {
    "tfds": "NAME",
    "timeseries": "PATH",
    "midi": "PATH",
    "text": "PATH",
    "tfrecord": "GLOB",
}


class Convert(flags.ArgumentParser):
    """Parser of the values that a function takes.

    Args:
        function: function of the text that returns the value, or raises ValueError.
        expected: description of the valid values, for the help and for messages.
    """

    def __init__(self, function: Callable[[str], Any], expected: str) -> None:
        self.function = function
        self.syntactic_help = expected

    def parse(self, argument: str) -> Any:
        return self.function(argument)


class OneOf(flags.ArgumentParser):
    """Parser of one of several names, or of several of them with commas.

    Args:
        names: the valid names.
        several: whether the value is a list of names.
        patterns: valid names that have a part to fill in, for messages: `"tfds:NAME"`.
    """

    def __init__(
        self, names: Sequence[str], several: bool = False, patterns: Sequence[str] = ()
    ) -> None:
        self.names, self.several, self.patterns = names, several, patterns
        self.syntactic_help = f"one of {', '.join(map(repr, (*names, *patterns)))}"

    def parse(self, argument: Any) -> str | list[str]:
        if not self.several:
            self.check(argument)
            return argument
        parts = argument.split(",") if isinstance(argument, str) else list(argument)
        for part in parts:
            self.check(part)
        return parts

    def check(self, name: str) -> None:
        """Raises ValueError unless a name is valid."""
        prefixes = tuple(pattern.partition(":")[0] + ":" for pattern in self.patterns)
        if name not in self.names and not (name.startswith(prefixes) and name not in prefixes):
            raise ValueError(f"{name} is not {self.syntactic_help}")

    def suggestion(self, argument: str) -> str:
        """Returns the question that names the valid name which is nearest, or `""`."""
        parts = argument.split(",") if self.several else [argument]
        wrong = [part for part in parts if part not in self.names]
        near = difflib.get_close_matches(wrong[0], [*self.names, *self.patterns], n=1)
        return f" Did you mean {near[0]!r}?" if near else ""


def _positive(text):
    number = float(text)
    if not 0 < number < math.inf:
        raise ValueError(f"{text} is not positive")
    return number


def _fraction(text):
    number = float(text)
    if not 0 <= number < 1:
        raise ValueError(f"{text} is not a fraction")
    return number


def _folder(text):
    if not os.path.isdir(text):
        raise ValueError(f"{text} is not a folder")
    return text


def _interval(text):
    match = re.fullmatch(r"(\d{1,12}) ?(step|epoch)s?", text)
    if not match or not int(match[1]):
        raise ValueError(f"{text} is not an interval")
    return text


def _scale(text):
    return text if text in ("learned", "per_value") else _positive(text)


POSITIVE = Convert(_positive, "a positive number")
FRACTION = Convert(_fraction, "a number of at least 0 and below 1")
FOLDER = Convert(_folder, "a folder that exists")
INTERVAL = Convert(_interval, "a number of steps or epochs, such as 500steps or 2epochs")
SCALE = Convert(_scale, "learned, per_value or a positive number")
DATASET = OneOf(DATASETS, False, tuple(f"{p}:{rest}" for p, rest in DATASET_PREFIXES.items()))


def counts(minimum: int = 1) -> Convert:
    """Returns a parser of whole numbers with commas, a tuple."""

    def convert(text):
        numbers = tuple(int(part) for part in text.split(",") if part)
        if any(number < minimum for number in numbers):
            raise ValueError(f"{text} has a number below {minimum}")
        return numbers

    return Convert(convert, f"whole numbers of at least {minimum} with commas between them")


def new_file(*endings: str) -> Convert:
    """Returns a parser of paths of files to write, which have one of these endings."""

    def convert(text):
        path = Path(text)
        nearest = next(folder for folder in path.absolute().parents if folder.exists())
        if path.suffix.lower() not in endings or path.is_dir() or not nearest.is_dir():
            raise ValueError(f"{text} is not such a file")
        return text

    return Convert(convert, f"a file that ends in {' or '.join(endings)}, below a folder")


def define_run_flags(known: flags.FlagValues) -> None:
    """Defines the flags `seed` and `data_dir` of a command that works on finished runs."""
    flags.DEFINE_integer("seed", 0, "Seed of all random draws.", 0, flag_values=known)
    text = "Folder of the data. (default: the folder that the run used)"
    flags.DEFINE(FOLDER, "data_dir", None, text, known)
