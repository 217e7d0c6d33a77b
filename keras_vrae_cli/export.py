"""Export of a finished run."""

from collections.abc import Mapping
from typing import Any

from keras_vrae import serving
from keras_vrae.training import console


def run(values: Mapping[str, Any]) -> None:
    """Exports the run and prints the new version.

    Args:
        values: values of `keras_vrae_cli.flags.export`, a dict.
    """
    exported = serving.export_run(
        values["run_dir"],
        values["export_dir"],
        values["version"],
        models=values["models"],
        base_path=values["base_path"],
    )
    console.exported(exported, values["export_dir"])
