"""One process at a time in a folder, for as long as it lives and no longer."""

import errno
import os
from contextlib import contextmanager

from keras_vrae.validation import SettingError, complaint

try:
    import fcntl
except ImportError:  # Not a POSIX system.
    fcntl = None

# File systems that know no such locks answer with one of these.
NO_LOCKS = {errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}


@contextmanager
def locked(folder, name="run_dir"):
    """Keeps other processes out of a folder while the block runs.

    The lock is one of the system on the folder itself (`flock`). It ends with the process, however
    that ends, so that a crash leaves none behind, and nothing is written.

    Args:
        folder: path of a folder that exists.
        name: the setting that named it, for the message.

    Raises:
        SettingError: where another process holds the folder.

    Example:
        >>> from keras_vrae.training.locking import locked
        >>> with locked("."):
        ...     pass
    """
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            expected = "a folder that no other process is working in"
            raise SettingError(complaint(name, expected, str(folder))) from None
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
        yield
    finally:
        os.close(descriptor)
