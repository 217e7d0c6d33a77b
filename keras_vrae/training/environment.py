"""The environment of a run: versions, numerics, device, memory."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from keras_vrae import backend

if TYPE_CHECKING:
    from keras_vrae.training.experiment import ExperimentConfig

PACKAGES = (backend.runtime.package, "keras", "numpy", "scikit-learn")


def versions() -> dict[str, str | None]:
    """Returns the versions of Python and of the packages that the results depend on."""
    from keras_vrae.version import __version__

    found: dict[str, str | None] = {"python": platform.python_version(), "keras_vrae": __version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


@contextmanager
def numerics(config: ExperimentConfig) -> Iterator[None]:
    """Sets precision, determinism and the random generators of a run, for the models made within.

    That operations are deterministic cannot be undone in a process.
    """
    if config.deterministic:
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    import keras

    before = keras.config.dtype_policy()
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def device() -> str:
    """Returns the name of the device: the GPUs that the backend sees, or the CPU with its cores."""
    gpus = backend.runtime.gpu_names()
    if gpus:
        return ", ".join(gpus)
    cores = backend.available_cores()
    return f"CPU, {cores} {'core' if cores == 1 else 'cores'}"


def git_revision() -> str | None:
    """Returns the revision of the checkout of this code, `-dirty` if changed, or None."""

    def git(*arguments):
        command = ["git", "-C", str(Path(__file__).parent), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout

    try:
        # Git does not know the file if it is installed below another repository.
        git("ls-files", "--error-unmatch", Path(__file__).name)
        return git("describe", "--always", "--dirty", "--exclude=*", "--abbrev=40").strip()
    except (OSError, subprocess.SubprocessError):
        return None


def peak_memory_mb() -> float:
    """Returns the most memory that this process has held at any time, in MiB."""
    try:
        # Linux's ru_maxrss may be that of the process which started this one; VmHWM is our own.
        status = Path("/proc/self/status").read_text()
        kibibytes = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return round(int(kibibytes.split()[1]) / 1024, 1)
    except (OSError, StopIteration):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return round(peak / (1024**2 if sys.platform == "darwin" else 1024), 1)
