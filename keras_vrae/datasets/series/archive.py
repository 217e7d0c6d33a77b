"""Time series of the UCR and UEA archives: `.ts` files, and the sets that come with aeon."""

import importlib.resources
from pathlib import Path

import numpy as np

from keras_vrae.datasets.series.preparation import Series
from keras_vrae.validation import DataError, SettingError

TRAIN_ENDING, TEST_ENDING = "_TRAIN.ts", "_TEST.ts"


def read_ts(path):
    """Reads a `.ts` file through aeon; `NAME_TEST.ts` next to `NAME_TRAIN.ts` is the test part.

    Returns:
        `Series`.

    Raises:
        DataError: without aeon, and for a file that it cannot read.
    """
    load_from_ts_file = _loader_of_aeon(f"{path} needs")
    paths = [Path(path)]
    test = Path(str(path).replace(TRAIN_ENDING, TEST_ENDING))
    if str(path).endswith(TRAIN_ENDING) and test.is_file():
        paths.append(test)
    parts = []
    for file in paths:
        try:
            x, y, about = load_from_ts_file(str(file), return_meta_data=True)
        except Exception as error:  # aeon's parser may raise anything.
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise DataError(f"{file} cannot be read: {reason}") from None
        if about["timestamps"]:
            raise DataError(
                f"{file} must be without time stamps, as aeon drops the signs of values "
                "that have one. Received: @timestamps true"
            )
        parts.append((x, y))
    return _series(parts)


def load_bundled(name):
    """Loads a set that comes with aeon, such as `"JapaneseVowels"`; nothing is downloaded.

    Returns:
        `Series` with the official parts.

    Raises:
        SettingError: for a set that aeon does not have.
        DataError: without aeon.
    """
    load_from_ts_file = _loader_of_aeon(f"The data set {name!r} needs")
    folder = Path(importlib.resources.files("aeon.datasets"), "data")
    names = sorted(
        path.name for path in folder.iterdir() if (path / f"{path.name}{TRAIN_ENDING}").is_file()
    )
    if name not in names:
        expected = f"`dataset` must name a file or one of aeon's sets, {', '.join(names)}"
        raise SettingError(f"{expected}. Received: dataset='timeseries:{name}'")
    files = [folder / name / f"{name}{ending}" for ending in (TRAIN_ENDING, TEST_ENDING)]
    return _series([load_from_ts_file(str(file)) for file in files])


def _series(parts):
    """Makes `Series` of aeon's pairs `(x, y)`, with x `(N, D, T)` or a list of `(D, T)`."""
    values, labels, tests = [], [], []
    for number, (x, y) in enumerate(parts):
        values += [np.asarray(row, "float64").T for row in x]
        labels += list(map(str, y))
        tests += [bool(number)] * len(x)
    return Series(values, labels, tests if len(parts) > 1 else None)


def _loader_of_aeon(subject):
    try:
        from aeon.datasets import load_from_ts_file
    except ImportError as error:
        raise DataError(
            f"{subject} the package aeon: pip install 'keras_vrae[timeseries]' ({error})"
        ) from None
    return load_from_ts_file
