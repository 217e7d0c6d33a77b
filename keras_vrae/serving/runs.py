"""The export of a finished run."""

import re
from pathlib import Path
from typing import Any

from keras_vrae.serving.exporting import Export, export
from keras_vrae.training import RunDirectory
from keras_vrae.validation import DataError
from keras_vrae.version import __version__

SETTINGS = ("dataset", "binarization", "objective", "seed", "git_revision")


def export_run(
    run_dir: str | Path, directory: str | Path, version: int | None = None, **options: Any
) -> Export:
    """Exports the model of a finished run as `export` does.

    Args:
        run_dir: folder of the run.
        directory: folder of the models.
        version: whole number that none of the models has yet; the next one if None.
        **options: further arguments of `export`.

    Returns:
        `Export`.

    Raises:
        DataError: if the run does not exist, is not finished, is damaged, or was made by a newer
            version of this package; and as in `export`.
        SettingError: as in `export`.
    """
    run = RunDirectory(run_dir)
    run.read_json(run.metrics_path)
    settings = run.read_json(run.config_path)
    versions = settings.get("versions")
    if not isinstance(versions, dict):
        raise DataError(
            f"{run.config_path} must name the versions that made the run, as an object. "
            f"Received: versions={versions!r:.80}"
        )
    made_by = versions.get("keras_vrae", "0")
    if _parts(made_by) > _parts(__version__):
        raise DataError(
            f"{run} must be of keras_vrae {__version__} or older. Received: one of {made_by}"
        )
    model = run.load_model(run.model_path)
    grey_levels = settings.get("likelihood") == "bernoulli"
    grey_levels &= settings.get("binarization") == "none"
    about = {name: settings[name] for name in SETTINGS if name in settings}
    return export(
        model,
        directory,
        version,
        # With grey levels the Bernoulli cross-entropy is not a likelihood, nor the ELBO a bound.
        metadata={
            "run": {"name": run.path.resolve().name, **about},
            "elbo_is_bound": not grey_levels,
        },
        **options,
    )


def _parts(version):
    return tuple(int(part) for part in re.findall(r"\d{1,18}", str(version)))
