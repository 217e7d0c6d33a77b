"""What the figures of a run must be to be compared."""

import math

from keras_vrae.validation import DataError

NAMES = ("encoder", "dataset")
ABOVE_ZERO = ("seconds_per_epoch", "examples_per_second")
NUMBERS = ("parameters", "peak_memory_mb", "seed", *ABOVE_ZERO)
LARGEST = 1e15


def check_figures(metrics, source):
    """Raises `DataError` where a value of `metrics.json` is not of its kind.

    Args:
        metrics: the content, a dict with all that a report needs.
        source: the path to name.
    """
    for name in NAMES:
        _require(isinstance(metrics[name], str), source, name, "a name", metrics[name])
    for name in NUMBERS:
        _require(_is_number(metrics[name]), source, name, "a number", metrics[name])
    for name in ABOVE_ZERO:
        _require(metrics[name] > 0, source, name, "above 0", metrics[name])
    seed = metrics["seed"]
    _require(isinstance(seed, int), source, "seed", "a whole number", seed)
    for part in ("test", "evaluation"):
        for name, value in metrics.get(part, {}).items():
            one = value is None or _is_number(value) or isinstance(value, (list, dict))
            single = name not in ("nll", "nll_samples", "nll_examples", "nll_standard_error")
            single &= part != "test"
            fits = one and (single or not isinstance(value, (list, dict)))
            _require(fits, source, f"{part}.{name}", "a number or null", value)
    evaluation = metrics.get("evaluation", {})
    if evaluation.get("nll") is not None:
        for name in ("nll_samples", "nll_examples"):
            value = evaluation.get(name)
            _require(isinstance(value, int), source, f"evaluation.{name}", "a whole number", value)
    for name, value in metrics["test"].items():
        fits = value is not None or name == "elbo"
        _require(fits, source, f"test.{name}", "a number", value)


def _is_number(value):
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and math.isfinite(value) and abs(value) <= LARGEST


def _require(fits, source, name, expected, value):
    if not fits:
        raise DataError(f"{source} must have {expected} for {name}. Received: {value!r:.80}")
