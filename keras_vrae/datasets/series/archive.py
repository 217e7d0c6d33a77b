"""Time series of the UCR and UEA archives: `.ts` files, and the sets that aeon carries."""

from pathlib import Path

import numpy as np

from keras_vrae.datasets.series.series import Series
from keras_vrae.validation import DataError, SettingError

TRAIN_ENDING, TEST_ENDING = "_TRAIN.ts", "_TEST.ts"


def read(path):
    """Reads a `.ts` file through aeon; beside `NAME_TRAIN.ts`, `NAME_TEST.ts` is the test part.

    Returns:
        `Series`.

    Raises:
        DataError: without aeon, and for a file that it cannot read.
    """
    loading = _aeon(f"{path} needs")
    paths = [Path(path)]
    test = Path(str(path).replace(TRAIN_ENDING, TEST_ENDING))
    if str(path).endswith(TRAIN_ENDING) and test.is_file():
        paths.append(test)
    parts = []
    for file in paths:
        try:
            x, y, about = loading.load_from_ts_file(str(file), return_meta_data=True)
        except Exception as error:  # Whatever a foreign parser stumbles upon.
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise DataError(f"{file} cannot be read: {reason}") from None
        if about["timestamps"]:
            raise DataError(
                f"{file} must be without time stamps, as aeon reads values beside them without "
                "their signs. Received: @timestamps true"
            )
        parts.append((x, y))
    return _series(parts)


def bundled(name):
    """A set that comes inside aeon, such as `"JapaneseVowels"`; nothing is downloaded.

    Returns:
        `Series` with the official parts.

    Raises:
        SettingError: for a set that is not there.
    """
    loading = _aeon(f"The data set {name!r} needs")
    folder = Path(loading.__file__).parent / "data"
    names = sorted(
        path.name for path in folder.iterdir() if (path / f"{path.name}{TRAIN_ENDING}").is_file()
    )
    if name not in names:
        expected = f"`dataset` must name a file or one of aeon's sets, {', '.join(names)}"
        raise SettingError(f"{expected}. Received: dataset='timeseries:{name}'")
    files = [folder / name / f"{name}{ending}" for ending in (TRAIN_ENDING, TEST_ENDING)]
    return _series([loading.load_from_ts_file(str(file)) for file in files])


def _series(parts):
    """`Series` of what aeon returns: `(x, y)`, where x is `(N, D, T)` or a list of `(D, T)`."""
    values, labels, tests = [], [], []
    for number, (x, y) in enumerate(parts):
        values += [np.asarray(row, "float64").T for row in x]
        labels += list(map(str, y))
        tests += [bool(number)] * len(x)
    return Series(values, labels, tests if len(parts) > 1 else None)


def _aeon(subject):
    try:
        from aeon.datasets import _data_loaders
    except ImportError as error:
        raise DataError(
            f"{subject} the package aeon: pip install 'keras_vrae[timeseries]' ({error})"
        ) from None
    return _data_loaders
