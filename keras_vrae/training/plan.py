"""The runs of a command, checked as far as that is possible without data and Keras."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from keras_vrae.training.distribution import check_cluster, is_chief
from keras_vrae.training.experiment import ExperimentConfig
from keras_vrae.training.run_directory import RunDirectory
from keras_vrae.validation import SettingError, check_folder, check_int, complaint

DEFAULT_ROOT = "runs"


def plan_runs(
    settings: Mapping[str, Any],
    encoders: Sequence[str | None],
    num_seeds: int = 1,
    run_dir: str | Path | None = None,
    overwrite: bool = False,
    resume: bool = False,
) -> dict[Path, ExperimentConfig]:
    """Returns the runs of each encoder and seed, all of them checked; changes nothing.

    Args:
        settings: arguments of `ExperimentConfig`, all but `encoder`.
        encoders: names of the inference networks; None for the one that suits the data.
        num_seeds: runs per encoder, with the seeds `seed`, `seed + 1` ...
        run_dir: folder of the run; of several runs, the folder in which each has its own.
        overwrite, resume: as in `train_and_evaluate`.

    Returns:
        A dict from folder to `ExperimentConfig`.

    Raises:
        SettingError: for invalid settings, and folders that are not free.
    """
    if not encoders or len(set(encoders)) < len(encoders):
        expected = "one or more names, each once"
        raise SettingError(complaint("encoder", expected, ",".join(map(str, encoders))))
    if overwrite and resume:
        raise SettingError("`overwrite` and `resume` exclude each other. Received: both")
    check_int("seeds", num_seeds)
    check_cluster(settings.get("strategy"))
    configs = {}
    for encoder in encoders:
        config = ExperimentConfig(encoder=encoder, **settings)
        for offset in range(num_seeds):
            name = f"{config.name}-seed{config.seed + offset}" if num_seeds > 1 else config.name
            configs[name] = dataclasses.replace(config, seed=config.seed + offset)
    if config.data_dir is not None:
        check_folder("data_dir", config.data_dir)
    if len(configs) == 1 and run_dir:
        runs = {Path(run_dir): config for config in configs.values()}
    else:
        root = Path(run_dir or DEFAULT_ROOT)
        runs = {root / name: config for name, config in configs.items()}
    if settings.get("strategy") == "multi_worker":
        if len(runs) > 1:
            expected = "'none' or 'mirrored' with several runs"
            raise SettingError(complaint("strategy", expected, "multi_worker"))
        if not is_chief("multi_worker"):
            return runs  # The chief may have begun; only the chief looks and writes.
    for folder, config in runs.items():
        check_start(config, RunDirectory(folder), overwrite, resume)
    return runs


def check_start(config: ExperimentConfig, run: RunDirectory, overwrite: bool, resume: bool) -> None:
    """Raises `SettingError` if the run may not start, or not be resumed; changes nothing."""
    run.check(overwrite, resume)
    if run.is_run:
        with run.locked():
            pass  # No other process is working there.
    if not (resume and run.is_run):
        return
    stored = run.read_json(run.config_path)
    free = {"data_dir", "checkpoint_every", "strategy"}
    if config.learning_rate_schedule == "constant":
        free |= {"epochs", "updates"}  # No step so far depends on the length of training.
    before = {**ExperimentConfig.from_dict(stored).as_dict(), **stored}
    for name, value in config.as_dict().items():
        by_data = value is None and name in ("encoder", "decoder")
        if name not in free and not by_data and before[name] != value:
            expected = f"{before[name]!r} to resume {run}"
            raise SettingError(complaint(name, expected, value))
