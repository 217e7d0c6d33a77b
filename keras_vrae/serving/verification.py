"""That a SavedModel answers as the model does, seen from a process that has no Keras."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_vrae.backend import compute_dtypes, without_cudnn
from keras_vrae.serving import capi
from keras_vrae.validation import DataError

TOLERANCE = 1e-5
# Numbers of 8 or 11 significant bits, whose rounding depends on which operations are fused.
LOW_PRECISION_TOLERANCE = 0.05
TIMEOUT_SECONDS = 600


def verify(model, exports):
    """Raises `DataError` unless every request is answered as the live model answers it.

    The answers come from a process without Keras and without this package, through the C++ loader
    that TF Serving uses. Differences are taken relative to answers that are larger than 1.

    Args:
        model: the `VAE`.
        exports: `(path, signatures, requests)` of each SavedModel.

    Returns:
        `(answers, largest)`: one answer of each signature by `(path, name)`, and the largest
        difference there was.
    """
    calls = [(path, request) for path, _, requests in exports for request in requests]
    functions = {
        (path, name): signature.function
        for path, signatures, _ in exports
        for name, signature in signatures.items()
    }
    tolerance, largest, answers = tolerance_of(model), 0.0, {}
    for (path, request), answer in zip(calls, served_answers(calls), strict=True):
        where = f"{Path(path).name}, {request.signature}"
        answers[path, request.signature] = answer
        expected = live_answer(model, functions[path, request.signature], request.inputs)
        for name, values in expected.items():
            difference = largest_difference(answer.get(name), values)
            if not difference <= tolerance:
                raise DataError(
                    f"What is exported must answer as the model does, to {tolerance:g}. "
                    f"Received: {name} of {where} differs by {difference:g}"
                )
            largest = max(largest, difference)
    return answers, largest


def live_answer(model, function, inputs):
    """What a function of the model answers on the CPU, as NumPy arrays by name."""
    with without_cudnn(model), tf.device("CPU"):
        outputs = function(*map(tf.constant, inputs.values()))
    return {name: value.numpy() for name, value in outputs.items()}


def largest_difference(values, expected):
    """The largest difference, relative where `expected` is above 1; NaN where it has no value."""
    if values is None or values.shape != expected.shape or values.dtype != expected.dtype:
        return np.nan
    return float(np.max(np.abs(values - expected) / np.maximum(1, np.abs(expected))))


def tolerance_of(model):
    """How far answers may be apart, given the numbers that the layers compute in."""
    return LOW_PRECISION_TOLERANCE if compute_dtypes(model) & {"float16", "bfloat16"} else TOLERANCE


def served_answers(calls):
    """What SavedModels answer in a process of their own.

    Args:
        calls: a list of `(path, Request)`.

    Returns:
        A list of dicts of NumPy arrays.

    Raises:
        DataError: where one cannot be loaded or does not answer.
    """
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        listed = [{"model": str(path), "signature": call.signature} for path, call in calls]
        (folder / "calls.json").write_text(json.dumps(listed))
        for index, (_, request) in enumerate(calls):
            np.savez(folder / f"{index}.npz", **request.inputs)
        command = [sys.executable, capi.__file__, tf.sysconfig.get_lib(), str(folder)]
        # On the CPU, as most servers, and beside a process that may hold all of a GPU's memory.
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
