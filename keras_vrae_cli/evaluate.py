"""Evaluation of finished runs."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from keras_vrae.training.metrics import assess


def run(values: Mapping[str, Any]) -> None:
    """Evaluates each run and prints the metrics.

    Args:
        values: values of `keras_vrae_cli.flags.evaluate`, a dict.
    """
    for run_dir in values["arguments"]:
        metrics = assess(
            run_dir,
            data_dir=values["data_dir"],
            nll_samples=values["nll_samples"],
            max_examples=values["nll_examples"],
            label_counts=values["labels"],
            seed=values["seed"],
            verbose=int(sys.stdout.isatty()),
        )
        print(json.dumps(metrics["evaluation"], indent=2))
