"""Checks of the metrics of a run that a report compares."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_vrae.validation import DataError

NAMES = ("encoder", "dataset")
ABOVE_ZERO = ("seconds_per_epoch", "examples_per_second")
NUMBERS = ("parameters", "peak_memory_mb", "seed", *ABOVE_ZERO)
# Other metrics of the test part are null without a bound or without labels.
ALWAYS_IN_TEST = ("reconstruction", "kl")
OF_LIKELIHOOD = ("nll", "nll_samples", "nll_examples", "nll_standard_error")
LARGEST = 1e15


def check_metrics(metrics: Mapping[str, Any], source: str | Path) -> None:
    """Checks the types of the values of `metrics.json`.

    Args:
        metrics: the content, a dict with all that a report needs.
        source: path of the file, for messages.

    Raises:
        DataError: for the first value of another type.
    """
    for name in NAMES:
        _require(isinstance(metrics[name], str), source, name, "a name", metrics[name])
    for name in NUMBERS:
        _require(_is_number(metrics[name]), source, name, "a number", metrics[name])
    for name in ABOVE_ZERO:
        _require(metrics[name] > 0, source, name, "above 0", metrics[name])
    seed = metrics["seed"]
    _require(isinstance(seed, int), source, "seed", "a whole number", seed)
    evaluation = metrics.get("evaluation", {})
    for name, value in metrics["test"].items():
        fits = _is_number(value) or (value is None and name not in ALWAYS_IN_TEST)
        _require(fits, source, f"test.{name}", "a number", value)
    for name, value in evaluation.items():
        fits = value is None or _is_number(value)
        fits |= isinstance(value, (list, dict)) and name not in OF_LIKELIHOOD
        _require(fits, source, f"evaluation.{name}", "a number or null", value)
    if evaluation.get("nll") is not None:
        for name in ("nll_samples", "nll_examples"):
            value = evaluation.get(name)
            _require(isinstance(value, int), source, f"evaluation.{name}", "a whole number", value)


def _is_number(value):
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and math.isfinite(value) and abs(value) <= LARGEST


def _require(fits, source, name, expected, value):
    if not fits:
        raise DataError(f"{source} must have {expected} for {name}. Received: {value!r:.80}")
