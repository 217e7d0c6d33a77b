"""Requests to a TF Serving server that serves an export."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from keras_vrae_cli.flags.client import MODELS, PROTOCOLS, make_parser
from keras_vrae_cli.transport import ServerError, predict_grpc, predict_rest

SEEDED = ("sample", "generate", "score")
# Those that take lengths by another name, and those that take them by their own if a model decodes
# sequences of any length.
PADDED, ANY_LENGTH = ("encode", "sample", "reconstruct", "score"), ("decode", "generate")
ROWS_AT_ONCE = 128
PREDICT = {"rest": predict_rest, "grpc": predict_grpc}


def read_images(
    paths: Sequence[str], dtype: str = "float32", pixels: bool | None = None
) -> np.ndarray:
    """Reads examples from files into an array `(N, ...)`.

    Args:
        paths: one .npy file, or image files of one size.
        dtype: of the array.
        pixels: whether to divide by 255. If None, image files are divided and arrays are not.

    Raises:
        ValueError: for an array of uint8 with values above 1 that may or may not be pixels.
    """
    if len(paths) == 1 and paths[0].endswith(".npy"):
        array = np.load(paths[0])
        if not array.ndim or array.dtype.kind not in "fiub":
            expected = "an array (N, ...) of numbers"
            raise ValueError(f"{paths[0]} must be {expected}. Received: {array.dtype}{array.shape}")
        if pixels is None and array.dtype == "uint8" and np.any(array > 1):
            raise ValueError(
                "`pixels` must be given for an array of uint8 with values above 1: --pixels to "
                f"divide them by 255, --no-pixels not to. Received: images={paths[0]}"
            )
    else:
        from PIL import Image

        array = np.stack([np.asarray(Image.open(path).convert("L")) for path in paths])
        pixels = True if pixels is None else pixels
    return (array / 255 if pixels else array).astype(dtype)


def make_request(flags: argparse.Namespace) -> tuple[str, dict[str, np.ndarray]]:
    """Returns the name of the signature and its inputs, NumPy arrays by name.

    Raises:
        ValueError: for flags that the signature does not fit.
    """
    signature, inputs = flags.signature, {}
    needed = {"decode": "z", "encode_text": "text", "generate": None}.get(signature, "images")
    if signature == "hash" and flags.text:
        needed = "text"
    if needed and not getattr(flags, needed):
        unit = {"z": "one point", "text": "one document", "images": "one file"}[needed]
        expected = f"{unit} or more for {signature}" + (" without `text`" * (signature == "hash"))
        raise ValueError(f"`{needed}` must be {expected}. Received: {needed}=None")
    if needed == "z":
        inputs["z"] = np.array([point.split(",") for point in flags.z], "float32")
    elif needed == "text":
        inputs["text"] = np.array(flags.text, object)
    elif needed == "images":
        dtype = "float64" if flags.float64 else "float32"
        inputs["inputs"] = read_images(flags.images, dtype, flags.pixels)
    rows = len(next(iter(inputs.values()), flags.seed))
    if flags.lengths:
        if signature not in PADDED + ANY_LENGTH:
            raise ValueError(
                f"`lengths` must be left out for {signature}. Received: lengths={flags.lengths}"
            )
        signature += "_padded" if signature in PADDED else ""
        inputs["lengths"] = for_rows("lengths", flags.lengths, rows)
    if flags.signature in SEEDED:
        inputs["seed"] = for_rows("seed", flags.seed, rows)
    return signature, inputs


def for_rows(name: str, numbers: list[int], rows: int) -> np.ndarray:
    """Returns int64 numbers, one for each row."""
    if len(numbers) not in (1, rows):
        expected = f"one number, or one for each of {rows} rows"
        raise ValueError(f"`{name}` must be {expected}. Received: {len(numbers)} numbers")
    try:
        return np.array(numbers * (rows if len(numbers) == 1 else 1), "int64")
    except OverflowError:
        raise ValueError(f"`{name}` must be of 64 bits. Received: {name}={numbers}") from None


def ask(
    predict: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]],
    inputs: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Sends inputs a few rows at a time, and returns the whole answer.

    Args:
        predict: function of inputs by name that returns outputs by name.
        inputs: NumPy arrays by name.

    Raises:
        ServerError: as `predict` does, and for rows that the server says are invalid.
    """
    rows = max(map(len, inputs.values()))
    answers = [
        predict({name: values[begin : begin + ROWS_AT_ONCE] for name, values in inputs.items()})
        for begin in range(0, rows or 1, ROWS_AT_ONCE)
    ]
    try:
        outputs = {name: join([answer[name] for answer in answers]) for name in answers[0]}
        invalid = np.flatnonzero(~np.asarray(outputs.pop("valid", [True]), bool))
    except (KeyError, ValueError) as error:
        raise ServerError(f"The parts of the answer do not fit each other: {error}") from None
    if len(invalid):
        names = " and ".join(f"`{name}`" for name in inputs if name != "seed")
        listed = ", ".join(map(str, invalid[:10])) + (" ..." if len(invalid) > 10 else "")
        raise ServerError(
            f"{names} must hold values in every row that the model is defined for "
            f"(`input_values` in its export.json), and lengths within the steps. "
            f"Received: {len(invalid)} invalid of {rows} rows, counted from 0: {listed}"
        )
    return outputs


def join(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Returns arrays `(B, ...)` as one, with zeros after the ends of shorter sequences."""
    steps = max(part.shape[1] if part.ndim > 1 else 0 for part in parts)
    padded = [
        part
        if part.ndim < 2 or part.shape[1] == steps
        else np.pad(part, [(0, 0), (0, steps - part.shape[1]), *[(0, 0)] * (part.ndim - 2)])
        for part in parts
    ]
    return np.concatenate(padded)


def main(arguments: Sequence[str] | None = None, name: str = "export.client") -> int:
    """Runs the program and returns its exit status.

    Args:
        arguments: arguments of the program; those of the process if None.
        name: name of the program, for its help and for the lines of errors.
    """
    return run(make_parser(name).parse_args(arguments), name)


def run(flags: argparse.Namespace, name: str) -> int:
    """Sends what the flags ask for, prints or stores the answer, and returns the exit status.

    Args:
        flags: values of `keras_vrae_cli.flags.client`, an `argparse.Namespace`.
        name: name of the program, for the lines of errors.
    """
    predict, server = PREDICT[flags.protocol], flags.server or PROTOCOLS[flags.protocol]
    model = MODELS[flags.signature]
    try:
        signature, inputs = make_request(flags)
    except (ValueError, OSError, ImportError, EOFError) as error:
        return fail(name, 2, error)
    try:
        outputs: dict[str, Any] = ask(
            lambda part: predict(server, model, signature, part, flags.version), inputs
        )
        if flags.output:
            np.savez(flags.output, **outputs)
        else:
            print(
                json.dumps({name: values.tolist() for name, values in outputs.items()}), flush=True
            )
    except BrokenPipeError:  # `| head`, which has read enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ServerError, OSError, MemoryError) as error:
        return fail(name, 1, error)
    except KeyboardInterrupt:
        return fail(name, 130, "Interrupted")
    return 0


def fail(name: str, status: int, error: object) -> int:
    """Prints an error on one line, and returns the exit status."""
    print(f"{name}:", " ".join(str(error).split()) or type(error).__name__, file=sys.stderr)
    return status
