"""Files written whole, folders of one process at a time, and the JSON and folders of users."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keras_vrae.validation import DataError, SettingError, complaint

try:
    import fcntl
except ImportError:  # Not a POSIX system.
    fcntl = None  # type: ignore[assignment]  # A module has no type of its own.

# File systems without such locks answer with one of these.
NO_LOCKS = {errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}

MOST_LEVELS = 100  # Of lists and objects in one another in a JSON file.


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Gives a path to write to, and renames the file to `path` when the block is left.

    If an error leaves the block, `path` stays as it was and nothing else remains.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.stem}-{os.getpid()}{path.suffix}")
    try:
        yield aside
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def locked(folder: str | Path, name: str = "folder", wait: bool = False) -> Iterator[None]:
    """Keeps other processes out of a folder while the block runs.

    The lock is one of the system on the folder itself (`flock`). It ends with the process, however
    that ends: a crash leaves no lock behind, and nothing is written.

    Args:
        folder: path of a folder that exists.
        name: setting that gave the folder, for the message.
        wait: whether to wait until the folder is free.

    Raises:
        SettingError: if another process holds the folder and `wait` is False.

    Example:
        >>> from keras_vrae.files import locked
        >>> with locked("."):
        ...     pass
    """
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            expected = "a folder that no other process is working in"
            raise SettingError(complaint(name, expected, str(folder))) from None
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
        yield
    finally:
        os.close(descriptor)


def parse_json(text: str | bytes, where: str | Path, allow_nan: bool = True) -> Any:
    """Parses the JSON of a user's file.

    Args:
        text: str, or bytes in UTF-8.
        where: name of the file, and of the line if it is a part, for messages.
        allow_nan: whether NaN and Infinity, which JSON does not have, are read as Python does.

    Raises:
        DataError: for what is not JSON, is nested too deeply, or has a key twice in one object.

    Example:
        >>> parse_json('{"a": [1, 2]}', "a.json")
        {'a': [1, 2]}
    """
    try:
        constant = float if allow_nan else _refuse_constant
        content = json.loads(text, object_pairs_hook=_object, parse_constant=constant)
    except RecursionError:  # Python's parser gives up after about a thousand levels.
        levels = MOST_LEVELS + 1
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, " if error.lineno > 1 else ""
        reason = f"{error.msg} at {place}column {error.colno}"
        raise DataError(f"{where} must be a JSON object. Received: {reason}") from None
    except ValueError as error:  # Bytes that are not UTF-8, numbers of many thousand digits.
        raise DataError(f"{where} must be a JSON object. Received: {error}") from None
    else:
        levels = _levels(content)
    if levels > MOST_LEVELS:
        expected = f"JSON of {MOST_LEVELS} levels of lists and objects or fewer"
        raise DataError(f"{where} must be {expected}. Received: more")
    return content


def _refuse_constant(name):
    raise ValueError(f"{name}, which is not a number of JSON")


def _object(pairs):
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object that has the key {twice!r} twice")
    return content


def _levels(content):
    level, count = [content], 0
    while level := [value for value in level if isinstance(value, (dict, list))]:
        level = [
            child
            for value in level
            for child in (value.values() if isinstance(value, dict) else value)
        ]
        count += 1
    return count


def entries(folder: str | Path) -> list[Path]:
    """Lists the paths in a folder, sorted; raises `DataError` for a link that leads nowhere."""
    try:
        paths = sorted(Path(folder).iterdir())
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror}") from None
    for path in paths:
        if path.is_symlink() and not path.exists():
            expected = "a link to a file or a folder that exists; remove or mend it"
            raise DataError(f"{path} must be {expected}. Received: a link to {os.readlink(path)}")
    return paths


def files_below(folder: str | Path) -> list[Path]:
    """Lists the files of a folder and of the folders in it, sorted. Links are followed.

    Raises:
        DataError: for a link that leads nowhere, or to a folder that holds it.
    """
    parents = Path(os.path.realpath(folder)).parents
    found, waiting = [], [(Path(folder), frozenset(map(str, parents)))]
    while waiting:
        folder, above = waiting.pop()
        place = os.path.realpath(folder)
        if place in above:
            expected = "a link out of the folders that hold it; remove it"
            raise DataError(f"{folder} must be {expected}. Received: a link to {place}")
        for path in entries(folder):
            if path.is_dir():
                waiting.append((path, above | {place}))
            elif path.is_file():
                found.append(path)
    return sorted(found)
