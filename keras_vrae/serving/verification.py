"""Comparison of a SavedModel, in a process without Keras, with the live model."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from keras_vrae.backend import compute_dtypes
from keras_vrae.models import VAE
from keras_vrae.serving import capi
from keras_vrae.serving.live_answers import live_answer
from keras_vrae.serving.requests import Request
from keras_vrae.validation import DataError

TOLERANCE = 1e-5
# Numbers of 8 or 11 significant bits, whose rounding depends on which operations are fused.
LOW_PRECISION_TOLERANCE = 0.05
TIMEOUT_SECONDS = 600


def verify(
    model: VAE, exports: Sequence[tuple[Path, Sequence[Request]]]
) -> tuple[dict[tuple[Path, str], dict[str, np.ndarray]], float]:
    """Raises `DataError` unless every request gets the answer that the live model gives.

    The served answers come from a process without Keras and without this package, through the C++
    loader that TF Serving uses. Those of the model come from its public methods. A difference is
    relative to the answer, or to 1 if that is larger; with a standardization, to the scale of the
    channel instead of 1.

    Args:
        model: the `VAE`.
        exports: `(path, requests)` of each SavedModel.

    Returns:
        `(answers, largest)`: one answer of each signature by `(path, name)`, and the largest
        difference.
    """
    calls = [(path, request) for path, requests in exports for request in requests]
    tolerance, largest, answers = tolerance_of(model), 0.0, {}
    for (path, request), answer in zip(calls, served_answers(calls), strict=True):
        answers[path, request.signature] = answer
        expected = live_answer(model, *request)
        for name in sorted(expected.keys() | answer.keys()):
            # A score has a reconstruction too, in nats; that of an example has channels.
            has_channels = name == "reconstruction" and np.ndim(expected.get(name, 0)) > 1
            units = units_of(model) if has_channels else (0.0, 1.0)
            difference = largest_difference(answer.get(name), expected.get(name), *units)
            if not difference <= tolerance:
                raise DataError(
                    f"An export must answer as the model does, to {tolerance:g}. Received: "
                    f"{name} of {Path(path).name}, {request.signature} differs by {difference:g}"
                )
            largest = max(largest, difference)
    return answers, largest


def units_of(model: VAE) -> tuple[ArrayLike, ArrayLike]:
    """Returns the mean and the scale of each channel of the data, or 0 and 1."""
    standardization = model.standardization
    return (0.0, 1.0) if standardization is None else (standardization.mean, standardization.scale)


def largest_difference(
    values: np.ndarray | None,
    expected: np.ndarray | None,
    mean: ArrayLike = 0.0,
    scale: ArrayLike = 1.0,
) -> float:
    """The largest difference of two arrays, as `verify` says; NaN must stand in the same places.

    Args:
        values: an array, or None.
        expected: another one.
        mean, scale: units of the last axis. In double precision the mean is subtracted first.

    Returns:
        Float; NaN if one of the arrays is None, or their shapes, types or places of NaN differ.
    """
    if values is None or expected is None:
        return np.nan
    if values.shape != expected.shape or values.dtype != expected.dtype:
        return np.nan
    known = ~np.isnan(expected)
    if not np.array_equal(known, ~np.isnan(values)):
        return np.nan
    size = np.abs(expected - np.asarray(mean if expected.dtype == "float64" else 0.0))
    difference = np.abs(values.astype("float64") - expected)
    return float(np.max((difference / np.maximum(scale, size))[known], initial=0.0))


def tolerance_of(model: VAE) -> float:
    """The largest valid difference, given the numbers that the layers compute in."""
    return LOW_PRECISION_TOLERANCE if compute_dtypes(model) & {"float16", "bfloat16"} else TOLERANCE


def served_answers(calls: Sequence[tuple[Path, Request]]) -> list[dict[str, np.ndarray]]:
    """Returns the answers of SavedModels in a process of their own, dicts of NumPy arrays.

    Args:
        calls: a list of `(path, Request)`.

    Raises:
        DataError: if one cannot be loaded or does not answer.
    """
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        listed = [{"model": str(path), "signature": call.signature} for path, call in calls]
        (folder / "calls.json").write_text(json.dumps(listed))
        for index, (_, request) in enumerate(calls):
            inputs: dict[str, Any] = request.inputs
            np.savez(folder / f"{index}.npz", **inputs)
        command = [sys.executable, capi.__file__, tf.sysconfig.get_lib(), str(folder)]
        # On the CPU, as most servers, since this process may hold all of a GPU's memory.
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, env=environment
            )
        except subprocess.TimeoutExpired:
            raise DataError(
                f"The process that verifies an export took more than {TIMEOUT_SECONDS} s"
            ) from None
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
            raise DataError(f"The process that verifies an export failed: {reason}")
        for index, error in json.loads((folder / "errors.json").read_text()).items():
            path, request = calls[int(index)]
            raise DataError(f"{Path(path).name}, {request.signature} does not answer: {error}")
        return [dict(np.load(folder / f"{index}-outputs.npz")) for index in range(len(calls))]
