"""Training of one run or several."""

import dataclasses
import difflib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from keras_vrae.files import parse_json
from keras_vrae.training import ExperimentConfig
from keras_vrae.training.plan import plan_runs
from keras_vrae.validation import SettingError, complaint
from keras_vrae_cli.study import run_study

# What the `config.json` of a run has besides its settings.
FACTS = {"versions", "device", "git_revision", "data"}


def run(values: Mapping[str, Any]) -> None:
    """Trains what the flags ask for.

    Args:
        values: values of `keras_vrae_cli.flags.train`, a dict.
    """
    names = {field.name for field in dataclasses.fields(ExperimentConfig)}
    if values["text_strip"] is not None:
        values = {**values, "text_strip": ",".join(values["text_strip"])}
    if values["config"] is not None:
        stored = read_settings(values["config"], names)
        if "encoder" in stored:
            stored["encoder"] = [stored["encoder"]]
        override = {name: values[name] for name in values["given"]}
        if override.keys() & {"epochs", "updates"}:  # One of them says how long training is.
            stored = {k: v for k, v in stored.items() if k not in ("epochs", "updates")}
        values = {**values, **stored, **override}
    settings = {name: value for name, value in values.items() if name in names - {"encoder"}}
    existing = {name: values[name] for name in ("overwrite", "resume")}
    watched_by = {"callbacks": tuple(values["callback"]), "tensorboard": values["tensorboard"]}
    runs = plan_runs(
        settings, values["encoder"] or [None], values["seeds"], values["run_dir"], **existing
    )
    run_study(runs, **existing, **watched_by, export_dir=values["export_dir"])


def read_settings(path: str | Path, names: Collection[str]) -> dict[str, Any]:
    """Returns the settings in a JSON file by name, without the facts that a run adds to them.

    Args:
        path: the file: the `config.json` of a run, or some of its settings.
        names: names of the settings that there are.

    Raises:
        SettingError: for a file that does not exist, or an unknown name in it.
        DataError: for a file that is not JSON.
    """
    try:
        content = parse_json(Path(path).read_bytes(), path, allow_nan=False)
    except OSError as error:
        raise SettingError(complaint("config", f"a file ({error.strerror})", path)) from None
    if not isinstance(content, dict):
        raise SettingError(complaint("config", "a file with a JSON object", path))
    unknown = sorted(content.keys() - names - FACTS)
    if unknown:
        near = difflib.get_close_matches(unknown[0], names, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise SettingError(f"`config` must hold settings. Received: {unknown[0]!r} in {path}{hint}")
    return {name: value for name, value in content.items() if name in names}
