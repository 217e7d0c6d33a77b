"""Versions of models in a folder that a server watches: each appears whole or not at all."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from keras_vrae.files import locked
from keras_vrae.serving.server_files import read_models_config
from keras_vrae.validation import DataError, SettingError, check_int, complaint

LARGEST_VERSION = 2**63 - 1  # A server reads versions as int64, and skips other names.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
STAGING_PREFIX = ".export-"


class ExportDirectory:
    """The folder of the models; `<model>/<version>/` holds one version of one of them.

    Args:
        path: the folder, which need not exist yet.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Makes a folder next to the models, on their file system, and removes it after the block.

        Exports into one directory take turns. Leftovers of an export that was killed are removed.

        Raises:
            SettingError: if the directory is not writable, or its `models.config` not a text file.
            DataError: if the disk is full.
        """
        with ExitStack() as stack:
            with self._writable():
                self.path.mkdir(parents=True, exist_ok=True)
                stack.enter_context(locked(self.path, "export_dir", wait=True))
            read_models_config(self.path)
            for left in self.path.glob(f"{STAGING_PREFIX}*"):
                shutil.rmtree(left, ignore_errors=True)
            with self._writable():
                folder = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=self.path))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            with self._naming_a_full_disk():
                yield folder

    @contextmanager
    def _writable(self):
        try:
            yield
        except OSError as error:
            expected = f"a folder that can be written to ({error.strerror})"
            raise SettingError(complaint("export_dir", expected, str(self.path))) from None

    @contextmanager
    def _naming_a_full_disk(self):
        try:
            yield
        # TensorFlow and Python say it in errors of many kinds, all with the words of the system.
        except Exception as error:
            reasons = [reason for reason in map(os.strerror, FULL) if reason in str(error)]
            if not reasons:
                raise
            raise DataError(f"An export to {self.path} needs more space: {reasons[0]}") from error

    def versions(self, model: str) -> list[int]:
        """The versions of a model: every folder or file in it that a server would take for one."""
        folder = self.path / model
        names = (path.name for path in folder.iterdir()) if folder.is_dir() else ()
        numbers = (int(name) for name in names if name.isascii() and name.isdigit())
        return sorted(number for number in numbers if number <= LARGEST_VERSION)

    def models(self, among: Iterable[str]) -> list[str]:
        """The names that have a version."""
        return [name for name in among if self.versions(name)]

    def choose_version(self, version: int | None, models: Iterable[str]) -> int:
        """The version to publish: the given one, or the next one.

        Raises:
            SettingError: for a version that exists, or none that is left.
        """
        taken = {number for model in models for number in self.versions(model)}
        if version is None:
            return check_int("version", max(taken, default=0) + 1, maximum=LARGEST_VERSION)
        if version in taken:
            expected = f"one that is not in {self.path} yet"
            raise SettingError(complaint("version", expected, version))
        return version

    def publish(self, staged: Mapping[str, Path], version: int) -> dict[str, Path]:
        """Renames complete versions into place.

        Args:
            staged: folder of the new version by model.
            version: its number.

        Returns:
            The folder of each version, by model.

        Raises:
            SettingError: if the version was published in the meantime; it is not touched.
        """
        for folder in staged.values():
            _flush(folder)
        published = {}
        for model, folder in staged.items():
            target = self.path / model / str(version)
            target.parent.mkdir(exist_ok=True)
            try:
                os.rename(folder, target)
            except OSError as error:
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
                    raise
                expected = f"one that is not in {self.path} yet"
                raise SettingError(complaint("version", expected, version)) from None
            _flush_one(target.parent)
            published[model] = target
        return published


def check_directory(path: str | Path) -> None:
    """Makes the folder for exports, or raises `SettingError` if it is not writable."""
    with ExportDirectory(path).staging():
        pass


def _flush(folder):
    """Writes the content of a folder to the disk, so that a crash leaves no holes in it."""
    for path in folder.rglob("*"):
        _flush_one(path)
    _flush_one(folder)


def _flush_one(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
