"""Checkpoints: all that training needs to continue as if it had never stopped."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from keras_vrae.files import parse_json
from keras_vrae.validation import DataError

if TYPE_CHECKING:
    import keras

    from keras_vrae.models import VAE

NAME = re.compile(r"step-(\d+)-([0-9a-f]{16})\.keras")
MEMBER, BEST_WEIGHTS = "training.json", "best-weights.npz"
KEPT = 2  # The one before is there in case the last one is damaged.


class Progress(NamedTuple):
    """Progress of training.

    Attributes:
        epochs: finished epochs.
        steps: optimizer steps done in the epoch after those.
        rows: the history of the finished epochs, one dict per epoch.
        metrics: state of the metrics in the unfinished epoch, see `metric_state`.
        seconds: time spent in the unfinished epoch.
    """

    epochs: int = 0
    steps: int = 0
    rows: Sequence[Mapping[str, Any]] = ()
    metrics: Sequence[Any] = ()
    seconds: float = 0.0


def write(
    folder: Path,
    model: VAE,
    total_steps: int,
    progress: Progress,
    best_weights: list[np.ndarray] | None = None,
) -> Path:
    """Adds a checkpoint, and removes those before the last two.

    It is an ordinary `.keras` file, with weights and the state of the optimizer; `training.json` in
    it holds the `Progress` and the states of random generators, which Keras leaves out, and
    `best-weights.npz` the weights of the best epoch so far. The name ends in the first 16 digits of
    the file's SHA-256, which shows damage.

    Args:
        folder: path of the folder of checkpoints.
        model: a compiled model.
        total_steps: optimizer steps done since the beginning.
        progress: the `Progress`.
        best_weights: list of arrays, or None.

    Returns:
        The path.

    Raises:
        OSError: if it cannot be written; the earlier ones then remain.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".checkpoint-{os.getpid()}.keras"
    content = {**progress._asdict(), "generators": generator_state(model)}
    try:
        model.save(aside)
        with zipfile.ZipFile(aside, "a") as archive:
            archive.writestr(MEMBER, json.dumps(content))
            if best_weights is not None:
                arrays = io.BytesIO()
                np.savez(arrays, *best_weights)
                archive.writestr(BEST_WEIGHTS, arrays.getvalue())
        path = folder / f"step-{total_steps:08d}-{_checksum(aside)}.keras"
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    for earlier in paths(folder)[:-KEPT]:
        earlier.unlink()
    return path


def paths(folder: Path) -> list[Path]:
    """Returns the checkpoints of a folder, the latest last."""
    matches = ((NAME.fullmatch(path.name), path) for path in folder.glob("step-*.keras"))
    return [path for _, path in sorted((int(match[1]), path) for match, path in matches if match)]


def is_sound(path: Path) -> bool:
    """Returns whether a checkpoint holds, byte for byte, the content that was written."""
    match = NAME.fullmatch(path.name)
    try:
        return match is not None and match[2] == _checksum(path)
    except OSError:
        return False


def read_last(
    folder: Path, load_model: Callable[[Path], VAE], say: Callable[[str], None]
) -> tuple[VAE, Progress, list[np.ndarray] | None] | None:
    """Reads the last checkpoint that is not damaged.

    Args:
        folder: path of the folder of checkpoints.
        load_model: function that loads a model from a path.
        say: function that prints that a checkpoint is damaged.

    Returns:
        `(model, Progress, best_weights)`, or None without a checkpoint.

    Raises:
        DataError: if there are checkpoints and all of them are damaged.
    """
    path = last_sound(folder, say)
    if path is None:
        return None
    model = load_model(path)
    try:
        with zipfile.ZipFile(path) as archive:
            content = parse_json(archive.read(MEMBER), path)
            best_weights = None
            if BEST_WEIGHTS in archive.namelist():
                with np.load(io.BytesIO(archive.read(BEST_WEIGHTS))) as arrays:
                    best_weights = list(arrays.values())
        _assign(generators(model), content.pop("generators"))
        return model, Progress(**content), best_weights
    except DataError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}") from None


def last_sound(folder: Path, say: Callable[[str], None]) -> Path | None:
    """Returns the path of the last checkpoint that is not damaged; otherwise as `read_last`."""
    found = paths(folder)
    for path in reversed(found):
        if is_sound(path):
            return path
        before = "the one before it is used" if path != found[0] else "there is none before it"
        say(f"{path} is damaged, its checksum does not fit; {before}.")
    if found:
        raise DataError(f"{found[-1]} cannot be read: it is damaged, as is any before it")
    return None


def generators(model: VAE) -> list[keras.Variable]:
    """Returns the variables of the random generators of a model, of dropout and sampling."""
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def generator_state(model: VAE) -> list[Any]:
    """Returns the state of the random generators of a model, for `training.json`."""
    return _state(generators(model))


def metric_state(model: VAE) -> list[Any]:
    """Returns the state of the metrics of a model within an epoch, for `training.json`."""
    return _state([variable for metric in model.metrics for variable in metric.variables])


def restore_metrics(model: VAE, state: Sequence[Any]) -> None:
    """Sets the metrics of a model to a state that `metric_state` returned."""
    _assign([variable for metric in model.metrics for variable in metric.variables], state)


def _state(variables):
    # Every float32 has one decimal notation that Python writes and reads without loss.
    return [np.asarray(variable).tolist() for variable in variables]


def _assign(variables, state):
    for variable, value in zip(variables, state, strict=True):
        variable.assign(np.asarray(value, variable.dtype).reshape(variable.shape))


def _checksum(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
