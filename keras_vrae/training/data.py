"""The data of a run that begins, and of one that is finished, in the form that it uses them."""

from pathlib import Path
from typing import Any

import numpy as np

from keras_vrae import datasets
from keras_vrae.batch import NO_LABEL
from keras_vrae.datasets import DataSpec, Split, Splits
from keras_vrae.datasets.pipeline import binarize
from keras_vrae.models import VAE
from keras_vrae.training.experiment import ExperimentConfig
from keras_vrae.training.run_directory import RunDirectory
from keras_vrae.validation import DataError, SettingError


def prepare_data(config: ExperimentConfig) -> Splits:
    """Loads the data of a run, with binarized validation and test parts if it binarizes."""
    splits = datasets.load(config.dataset, config.data_dir, **config.data_options)
    if config.label_fraction < 1:
        splits = splits._replace(train=hide_labels(splits.train, config.label_fraction))
    if config.binarization == "none":
        return splits
    splits = splits._replace(validation=binarize(splits.validation), test=binarize(splits.test))
    if config.binarization == "fixed":
        splits = splits._replace(train=binarize(splits.train))
    return splits


def hide_labels(split: Split, fraction: float, seed: int = 0) -> Split:
    """Returns the split with the labels of a fraction of its examples; the others are -1."""
    kept = np.random.default_rng(seed).random(split.size) < fraction
    return split._replace(y=np.where(kept, split.y, NO_LABEL))


def describe_data(spec: DataSpec) -> dict[str, Any]:
    """Returns the facts about the data for `config.json`, a dict."""
    manifest = spec.text.manifest if spec.text else {}
    return {"scaling": spec.standardization, **(spec.notes or {}), **manifest}


def read_config(run: RunDirectory, data_dir: str | Path | None = None) -> ExperimentConfig:
    """Returns the `ExperimentConfig` of a run, with another folder of its data if that has moved.

    Raises:
        DataError: if `config.json` is missing, damaged, or of another version.
    """
    settings = run.read_json(run.config_path)
    try:
        return ExperimentConfig.from_dict(
            {**settings, "data_dir": data_dir or settings.get("data_dir")}
        )
    except SettingError as error:
        raise DataError(f"{run.config_path} cannot be used: {error}") from None


def open_finished(
    run_dir: str | Path, data_dir: str | Path | None = None
) -> tuple[RunDirectory, ExperimentConfig]:
    """Returns the `RunDirectory` of a finished run and its `ExperimentConfig`.

    Raises:
        DataError: if the run is not finished, or its files are damaged.
    """
    run = RunDirectory(run_dir)
    run.read_json(run.metrics_path)
    return run, read_config(run, data_dir)


def load_with_data(run: RunDirectory, config: ExperimentConfig) -> tuple[VAE, Splits]:
    """Returns `(model, splits)` of a finished run, with a sample of a training part in shards.

    Raises:
        DataError: if the run has no model, or if its data have changed.
    """
    model = run.load_model(run.model_path)
    splits = prepare_data(config)
    if tuple(model.event_shape) != tuple(splits.spec.event_shape):
        raise DataError(
            f"{run.model_path} must hold a model of examples of shape {splits.spec.event_shape}. "
            f"Received: one of shape {model.event_shape}"
        )
    return model, splits._replace(train=splits.train.sample())
