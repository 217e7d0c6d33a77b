"""Training on several devices, or on several machines."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from keras_vrae.files import parse_json
from keras_vrae.training.run_directory import RunDirectory
from keras_vrae.validation import DataError, SettingError, complaint

if TYPE_CHECKING:
    import tensorflow as tf


def check_cluster(strategy: str | None) -> None:
    """Raises `SettingError` for `multi_worker` if TF_CONFIG does not name a cluster."""
    if strategy != "multi_worker":
        return
    text = os.environ.get("TF_CONFIG", "")
    try:
        content = parse_json(text, "TF_CONFIG")
        workers, task = content["cluster"]["worker"], content["task"]
        valid = task["type"] == "worker" and workers[task["index"]]
    except (ValueError, KeyError, TypeError, IndexError):
        valid = False
    if not valid:
        expected = (
            "'none' or 'mirrored' unless the environment variable TF_CONFIG names the workers and "
            "which of them this is"
        )
        raise SettingError(complaint("strategy", expected, strategy) + f", TF_CONFIG={text!r:.80}")


def is_chief(strategy: str) -> bool:
    """Returns whether this process writes the run: the first worker, or the only process."""
    if strategy != "multi_worker":
        return True
    return json.loads(os.environ["TF_CONFIG"])["task"]["index"] == 0


def make(strategy: str) -> tf.distribute.Strategy | None:
    """Makes a `tf.distribute` strategy; for `multi_worker`, before TensorFlow does anything else.

    Args:
        strategy: `"none"`, `"mirrored"` (all GPUs of this process, or its logical CPUs) or
            `"multi_worker"` (the processes that TF_CONFIG names).

    Returns:
        The strategy; None without one.
    """
    if strategy == "none":
        return None
    import tensorflow as tf

    if strategy == "multi_worker":
        # Otherwise each step returns memory to the system and takes it again, page by page.
        os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")
        return tf.distribute.MultiWorkerMirroredStrategy()
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def scope(strategy: tf.distribute.Strategy | None) -> AbstractContextManager[Any]:
    """The context in which a model is made, of a strategy or of none."""
    return nullcontext() if strategy is None else strategy.scope()


@contextmanager
def naming_lost_workers(strategy: str) -> Iterator[None]:
    """Turns the failure of a step in the block into one line about a lost worker."""
    if strategy != "multi_worker":
        yield
        return
    import tensorflow as tf

    try:
        yield
    except tf.errors.OpError as error:
        raise DataError(
            f"A step of all workers failed ({type(error).__name__}), most likely as one was lost. "
            "Start all of them again with the same flags and --resume"
        ) from error


@contextmanager
def directory_to_write(run: RunDirectory, chief: bool) -> Iterator[RunDirectory]:
    """Gives the `RunDirectory` that this process writes to; only the chief's is kept."""
    if chief:
        run.prepare()
        with run.locked():
            yield run
        return
    with tempfile.TemporaryDirectory() as folder:
        yield RunDirectory(folder)
