"""The files that configure a TF Serving server: its models, and how it batches requests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_vrae.files import replacing
from keras_vrae.validation import SettingError, complaint

if TYPE_CHECKING:
    from keras_vrae.serving.signatures import Signature

MODELS_CONFIG = "models.config"
# The server looks for this name in the folder of a version.
BATCHING_PARAMETERS = "batching_params.pbtxt"
LARGEST_REQUEST, LARGEST_BATCH = 65_536, 128
# A server refuses relative paths. A quote would end the string in the file.
BASE_PATH = re.compile(r"(/|[a-z][a-z0-9+.-]*://)[^\"'\\\x00-\x1f]*")
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


def check_base_path(base_path: Any) -> str:
    """Returns the path without a slash at its end, or raises `SettingError` for an invalid one."""
    if not isinstance(base_path, str) or not BASE_PATH.fullmatch(base_path):
        expected = "an absolute path, or a URI, without quotes and backslashes"
        raise SettingError(complaint("base_path", expected, base_path))
    return base_path.rstrip("/")


def read_models_config(directory: Path) -> str | None:
    """Returns the text of `models.config`, or None if there is none.

    Raises:
        SettingError: for a file that is not text, or a folder.
    """
    try:
        text = (directory / MODELS_CONFIG).read_text("utf-8")
        reason = "holds control characters" if CONTROL.search(text) else None
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        reason = "is not UTF-8"
    except OSError as error:
        reason = f"cannot be read ({error.strerror})"
    if reason:
        expected = f"a folder whose {MODELS_CONFIG}, if there is one, is a text file"
        said = complaint("export_dir", expected, str(directory))
        raise SettingError(f"{said}, whose {MODELS_CONFIG} {reason}")
    return text


def write_models_config(directory: Path, models: Sequence[str], base_path: str) -> str:
    """Writes `models.config` unless there is one, which stays as it is.

    Args:
        directory: folder of the models.
        models: their names.
        base_path: path of that folder on the server.

    Returns:
        The entries that the file lacks, as text; empty if it has all.
    """
    text = read_models_config(directory)
    if text is None:
        with replacing(directory / MODELS_CONFIG) as aside:
            aside.write_text(models_config(models, base_path), "utf-8")
        return ""
    entries = re.sub(r"#.*", "", text)
    listed = set(re.findall(r"\bname\s*:\s*[\"']([^\"']*)[\"']", entries))
    return "".join(config_entry(model, base_path) for model in models if model not in listed)


def models_config(models: Iterable[str], base_path: str) -> str:
    """The text of a `ModelServerConfig`."""
    entries = "".join(config_entry(model, base_path) for model in models)
    return f"model_config_list {{\n{entries}}}\n"


def config_entry(model: str, base_path: str) -> str:
    """The text of the entry of one model."""
    return (
        "  config {\n"
        f'    name: "{model}"\n'
        f'    base_path: "{base_path}/{model}"\n'
        '    model_platform: "tensorflow"\n'
        "  }\n"
    )


def may_batch(signatures: Mapping[str, Signature]) -> bool:
    """Returns whether a server may put requests for these signatures together.

    All requests must have rows of one shape: the server refuses those of different lengths that
    meet, or pads them with their first value. Nor may the steps that one client asks of a decoder
    become the steps of all.

    Args:
        signatures: `Signature` by name.
    """
    return not any(
        None in spec.shape[1:] or (name == "lengths" and "inputs" not in signature.inputs)
        for signature in signatures.values()
        for name, spec in signature.inputs.items()
    )


def write_batching_parameters(path: Path) -> None:
    """Writes `batching_params.pbtxt` into the folder of a version: the server batches its requests.

    A request of more rows than a batch holds is split over several. Allowed batch sizes are left
    out: versions of the server differ on whether the last of them must be the largest request or
    the largest batch, and a CPU gains nothing from fewer sizes.
    """
    lines = [
        f"max_batch_size {{ value: {LARGEST_REQUEST} }}",
        "enable_large_batch_splitting { value: true }",
        f"max_execution_batch_size {{ value: {LARGEST_BATCH} }}",
        "batch_timeout_micros { value: 1000 }",
        # A request is refused if the queue has no place for all of its batches.
        f"max_enqueued_batches {{ value: {2 * LARGEST_REQUEST // LARGEST_BATCH} }}",
        "pad_variable_length_inputs: false",
    ]
    (path / BATCHING_PARAMETERS).write_text("".join(f"{line}\n" for line in lines), "utf-8")
