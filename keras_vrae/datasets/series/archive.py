"""Time series of the UCR and UEA archives: `.ts` files, and the sets that come with aeon."""

import importlib.util
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_vrae.datasets.series.preparation import Series
from keras_vrae.datasets.tables import NUMBER, parse_label
from keras_vrae.validation import DataError, SettingError

TRAIN_ENDING, TEST_ENDING = "_TRAIN.ts", "_TEST.ts"
COMMENTS = (b"#", b"%")
MISSING = {"?", "nan"}
SWITCHES = ("timestamps", "univariate", "equallength", "classlabel", "targetlabel")


class Header(NamedTuple):
    """The part of a `.ts` file before its series.

    Attributes:
        univariate: whether each series has one channel.
        equallength: whether all series have as many steps.
        classlabel: whether each row ends with a class.
        targetlabel: whether each row ends with a number to predict.
        classes: names of the classes, a tuple.
    """

    univariate: bool = False
    equallength: bool = False
    classlabel: bool = False
    targetlabel: bool = False
    classes: tuple[str, ...] = ()


def read_ts(path: str | Path) -> Series:
    """Reads a `.ts` file; `NAME_TEST.ts` next to `NAME_TRAIN.ts` is the test part.

    A row is a series: its channels, with `:` between them, then its class if the header has
    `@classLabel true` and the names of classes. `?` is a missing value, or a missing class. With
    `@targetLabel true` a row ends with a number to predict, which is not a class: it is a target,
    with a remark.

    Returns:
        `Series`.

    Raises:
        DataError: for a file that is not of this format; the message names its first faulty line.
    """
    path = Path(path)
    paths = [path]
    test = path.with_name(path.name.removesuffix(TRAIN_ENDING) + TEST_ENDING)
    if path.name.endswith(TRAIN_ENDING) and test.is_file():
        paths.append(test)
    return _read_parts(paths)


def load_bundled(name: str) -> Series:
    """Loads a set that comes with aeon, such as `"JapaneseVowels"`; nothing is downloaded.

    Returns:
        `Series` with the official parts.

    Raises:
        SettingError: for a set that aeon does not have.
        DataError: without aeon.
    """
    spec = importlib.util.find_spec("aeon")  # Importing it takes seconds.
    if spec is None:
        raise DataError(
            f"The data set {name!r} needs the package aeon: pip install 'keras_vrae[timeseries]'"
        )
    folder = Path((spec.submodule_search_locations or [""])[0], "datasets", "data")
    names = sorted(
        path.name for path in folder.iterdir() if (path / f"{path.name}{TRAIN_ENDING}").is_file()
    )
    if name not in names:
        expected = f"`dataset` must name a file or one of aeon's sets, {', '.join(names)}"
        raise SettingError(f"{expected}. Received: dataset='timeseries:{name}'")
    return _read_parts([folder / name / f"{name}{end}" for end in (TRAIN_ENDING, TEST_ENDING)])


def _read_parts(paths):
    values: list[np.ndarray] = []
    labels, targets, tests, names, remarks = [], [], [], [], []
    for path in paths:
        lines = _lines(path)
        header = _read_header(path, lines)
        count, first = len(values), None
        for number, line in lines:
            series, label = _parse_row(line, header, first, f"{path}, line {number}")
            first = series if first is None else first
            values.append(series)
            labels.append(None if header.targetlabel else label)
            targets.append(label if header.targetlabel else None)
            names.append(f"line {number}" if len(paths) == 1 else f"{path.name} line {number}")
        if first is None:
            raise DataError(f"{path} must have a row for each series after @data. Received: none")
        tests += [path is not paths[0]] * (len(values) - count)
        if header.targetlabel:
            remarks.append(f"the targets of {path} are numbers to predict, and make no classes")
    classes = None if all(label is None for label in labels) else labels
    tests = tests if len(paths) > 1 else None
    targets = None if all(target is None for target in targets) else targets
    return Series(values, classes, tests, names, remarks=tuple(remarks), targets=targets)


def _lines(path):
    """Yields the number and the text of each line other than blank lines and comments."""
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                line = line.removeprefix(b"\xef\xbb\xbf").strip()
                if line and not line.startswith(COMMENTS):  # Comments may be in any encoding.
                    yield number, line.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{path}, line {number} must be UTF-8. Received: {error.reason}") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None


def _read_header(path, lines):
    """Returns the `Header` of a file, whose lines then go on after `@data`."""
    switches, classes = {}, ()
    for number, line in lines:
        tag, *words = line.split()
        name = tag[1:].lower()
        if tag[0] != "@":
            raise DataError(
                f"{path}, line {number} must be a tag, such as @classLabel, until a line @data. "
                f"Received: {line:.60}"
            )
        if name == "data":
            break
        if name in SWITCHES:
            if not words or words[0].lower() not in ("true", "false"):
                raise DataError(
                    f"{path}, line {number}: {tag} must be true or false. Received: {line:.60}"
                )
            switches[name] = words[0].lower() == "true"
        if name == "classlabel":
            classes = tuple(words[1:])
    else:
        raise DataError(f"{path} must have a line @data before its series. Received: none")
    if switches.pop("timestamps", False):
        raise DataError(
            f"{path} must have values alone, and @timestamps false. Received: @timestamps true"
        )
    if not {"classlabel", "targetlabel"} & switches.keys():
        raise DataError(
            f"{path} must say with @classLabel or @targetLabel, true or false, whether rows end "
            "with a class or a number to predict. Received: neither"
        )
    header = Header(**switches, classes=classes)
    if header.classlabel and (header.targetlabel or not classes):
        expected = "@classLabel true with the names of the classes, and without @targetLabel true"
        raise DataError(f"{path} must have {expected}. Received: {' '.join(classes) or 'no names'}")
    return header


def _parse_row(line, header, first, where):
    """Returns the values `(T, D)` of a row, and its class or target, or None.

    Args:
        line: text of the row.
        header: `Header`.
        first: values of the first row, or None for that row itself.
        where: name of the row in messages.
    """
    fields, label = line.split(":"), None
    if header.classlabel or header.targetlabel:
        *fields, label = fields
    channels = [_parse_channel(field, where) for field in fields]
    lengths = sorted({len(channel) for channel in channels})
    if len(lengths) != 1:
        end = "" if label is None else ", then : and a class or a target"
        raise DataError(
            f"{where} must have channels of one length{end}. Received: {lengths or 'no channels'}"
        )
    values = np.array(channels).T
    steps, count = values.shape
    most = 1 if header.univariate else count
    if count != (most if first is None else first.shape[1]):
        raise DataError(
            f"{where} must have as many channels as @univariate and the first row say. "
            f"Received: {count}"
        )
    if header.equallength and first is not None and steps != len(first):
        raise DataError(
            f"{where} must have {len(first)} steps, as the first row has, or the header "
            f"@equalLength false. Received: {steps}"
        )
    if header.targetlabel:
        return values, _parse_number(label, where)
    return values, label if label is None else _parse_class(label.strip(), header.classes, where)


def _parse_channel(field, where):
    cells = field.split(",")
    try:
        if "_" not in field and field.isascii():
            return list(map(float, cells))
    except ValueError:
        pass
    return [_parse_number(cell, where) for cell in cells]


def _parse_number(cell, where):
    cell = cell.strip()
    if cell.lower() in MISSING:
        return math.nan
    if NUMBER.fullmatch(cell):
        return float(cell)
    expected = "numbers, with , between steps and : between channels"
    raise DataError(f"{where} must have {expected}. Received: {cell!r:.60}")


def _parse_class(label, classes, where):
    # A class of several words is several words in the header as well.
    if label in classes or (label and set(label.split()) <= set(classes)):
        return label
    if label == "?" or parse_label(label) is None:
        return None
    raise DataError(
        f"{where} must end with one of the classes that @classLabel names, or ? for none. "
        f"Received: {label!r:.60}"
    )
