"""Files that are written whole or not at all, and folders that belong to one process at a time."""

import errno
import os
from contextlib import contextmanager
from pathlib import Path

from keras_vrae.validation import SettingError, complaint

try:
    import fcntl
except ImportError:  # Not a POSIX system.
    fcntl = None

# File systems without such locks answer with one of these.
NO_LOCKS = {errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}


@contextmanager
def replacing(path):
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
def locked(folder, name="folder", wait=False):
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
