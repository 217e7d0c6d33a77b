"""`export.json`: the origin, inputs and outputs of a version, and the SHA-256 of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_vrae.files import parse_json
from keras_vrae.models import VAE
from keras_vrae.validation import DataError

if TYPE_CHECKING:
    from keras_vrae.serving.signatures import Signature

NAME = "export.json"


def write_manifest(path: str | Path, content: Mapping[str, Any]) -> None:
    """Writes `export.json` into the folder of a version, the last of its files.

    Args:
        path: the folder.
        content: a dict; `files`, the SHA-256 of every other file, is added.
    """
    content = {**content, "files": checksums(path)}
    Path(path, NAME).write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", "utf-8")


def check_version(path: str | Path) -> dict[str, Any]:
    """Raises `DataError` unless a version has all its files, each as it was written.

    Args:
        path: folder of the version.

    Returns:
        The content of its `export.json`.
    """
    try:
        content = parse_json(Path(path, NAME).read_bytes(), Path(path, NAME))
        expected = content["files"]
        if not isinstance(expected, dict):
            raise TypeError(f"its files must be an object, not {expected!r:.80}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{Path(path, NAME)} cannot be read: {error}") from None
    found = checksums(path)
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            state = "is missing" if name not in found else "is not the one that was exported"
            raise DataError(f"{Path(path, name)} {state}")
    return content


def describe_signatures(
    signatures: Mapping[str, Signature], outputs: Mapping[str, Mapping[str, np.ndarray]]
) -> dict[str, Any]:
    """The signatures for `export.json`: dtype and shape of every input and output by name.

    Args:
        signatures: `Signature` by name.
        outputs: one answer of each, NumPy arrays by name, for dtypes and shapes of rows.
    """
    return {
        name: {
            "inputs": {
                key: {"dtype": spec.dtype.name, "shape": list(spec.shape)}
                for key, spec in signature.inputs.items()
            },
            "outputs": {
                key: {"dtype": values.dtype.name, "shape": [None, *values.shape[1:]]}
                for key, values in outputs[name].items()
            },
        }
        for name, signature in signatures.items()
    }


def weights_checksum(model: VAE) -> str:
    """SHA-256 of a model's weights, the same in all exports of one model."""
    digest = hashlib.sha256()
    for weights in model.get_weights():
        digest.update(f"{weights.dtype} {weights.shape}".encode())
        digest.update(weights.tobytes())
    return digest.hexdigest()


def checksums(path: str | Path) -> dict[str, str]:
    """SHA-256 of every file in a folder except `export.json`, by its path inside the folder."""
    files = sorted(file for file in Path(path).rglob("*") if file.is_file())
    return {
        file.relative_to(path).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
        if file != Path(path, NAME)
    }
