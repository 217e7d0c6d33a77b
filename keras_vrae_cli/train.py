"""Training of one run or several."""

import dataclasses

from keras_vrae.training import ExperimentConfig
from keras_vrae.training.plan import plan_runs
from keras_vrae_cli.study import run_study


def run(values):
    """Trains what the flags ask for.

    Args:
        values: values of `keras_vrae_cli.flags.train`, a dict.
    """
    names = {field.name for field in dataclasses.fields(ExperimentConfig)}
    settings = {name: value for name, value in values.items() if name in names - {"encoder"}}
    if settings["text_strip"] is not None:
        settings["text_strip"] = ",".join(settings["text_strip"])
    existing = {name: values[name] for name in ("overwrite", "resume")}
    runs = plan_runs(settings, values["encoder"], values["seeds"], values["run_dir"], **existing)
    run_study(runs, **existing, export_dir=values["export_dir"])
