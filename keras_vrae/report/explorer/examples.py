"""Test examples as the page shows them: points with a class, and small pictures of some."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_vrae.report.explorer.sprite import sprite

MOST_POINTS, MOST_NUMBERS = 10_000, 1_000_000
# Of the pictures of all examples together.
BUDGET = 500_000
MISSING = 65_535  # Of numbers of 16 bits; the others are between the limits of their channel.


def shown_rows(codes: np.ndarray) -> np.ndarray:
    """Returns the numbers of the test examples that are points of the page.

    Args:
        codes: of all test examples, `(N, Z)`.
    """
    most = min(MOST_POINTS, max(1, MOST_NUMBERS // codes.shape[1]))
    return np.sort(np.random.default_rng(0).permutation(len(codes))[:most])


def examples_for_json(arrays: Mapping[str, np.ndarray], rows: np.ndarray) -> dict[str, Any]:
    """Returns test examples as a dict for JSON, which `main.js` reads.

    Args:
        arrays: those of a run.
        rows: numbers of the examples that are points of the page.
    """
    kind = str(arrays.get("kind", "image"))
    kind = "text" if "titles" in arrays else kind
    names = [str(name) for name in arrays["class_names"]]
    titles = [str(arrays["titles"][row]) for row in rows] if kind == "text" else []
    whole = len(rows) == len(arrays["labels"])
    about = {
        "kind": kind,
        "labels": arrays["labels"][rows].astype(int).tolist(),
        "rows": None if whole else rows.tolist(),
        "classNames": names,
        "titles": titles,
        "channels": [str(name) for name in arrays.get("channel_names", ())],
        "shape": [],
        "limits": [],
        "kept": {},
    }
    if kind == "text":
        return about
    numbers, examples = _kept(arrays)
    places = np.flatnonzero(np.isin(numbers, rows))
    about["shape"] = list(examples.shape[1:])
    if kind in ("image", "roll") and examples.shape[3:] not in ((), (1,), (3,)):
        kept, count = {}, 0
    elif kind in ("image", "roll"):
        kept, count = _sprite_within_budget(examples[places])
    else:
        about["limits"] = _limits(examples, kind)
        kept, count = _numbers_within_budget(examples[places], about["limits"])
    kept["rows"] = np.searchsorted(rows, numbers[places[:count]]).tolist()
    return {**about, "kept": kept}


def _kept(arrays):
    """Returns the numbers of the examples whose values a run holds, and their values."""
    if "examples" not in arrays:  # The run is older, and has those that it has drawn.
        examples = np.asarray(arrays.get("originals", np.zeros((0, 1, 1))), "float32")
        numbers, lengths = np.arange(len(examples)), arrays.get("lengths")
    else:
        examples, numbers = arrays["examples"], arrays["example_rows"]
        lengths = arrays.get("example_lengths")
        scale = 1 / 255 if examples.dtype == np.uint8 else 1.0
        examples = examples.astype("float32") * np.float32(scale)
    if lengths is not None:
        valid = np.arange(examples.shape[1]) < np.asarray(lengths)[:, np.newaxis]
        examples = np.where(
            valid.reshape(*valid.shape, *[1] * (examples.ndim - 2)), examples, np.nan
        )
    return numbers, examples


def _limits(examples, kind):
    """Returns the lowest and the highest value of each channel, with a margin."""
    if kind == "tokens":
        return [[0.0, float(MISSING - 1)]]
    columns = examples.reshape(-1, examples.shape[-1]) if examples.ndim > 2 else examples
    columns = columns if examples.ndim > 2 else columns.reshape(-1, 1)
    if not np.isfinite(columns).any(axis=0).all():
        return [[0.0, 1.0]] * columns.shape[1]
    low, high = np.nanmin(columns, axis=0), np.nanmax(columns, axis=0)
    margin = np.maximum(0.05 * (high - low), 1e-6)
    return np.stack([low - margin, high + margin], axis=1).astype("float64").tolist()


def _sprite_within_budget(images):
    """Returns a sprite of as many images as the budget has room for, and their number."""
    count = len(images)
    while count:
        address, columns = sprite(images[:count])
        if len(address) <= BUDGET:
            return {"sprite": address, "columns": columns}, count
        count = int(0.97 * count * BUDGET / len(address))
    return {}, 0


def _numbers_within_budget(examples, limits):
    """Returns as many examples as the budget has room for, as numbers, and their number."""
    size = max(1, int(np.prod(examples.shape[1:])))
    count = min(len(examples), BUDGET * 3 // 4 // (2 * size))
    low, high = np.array(limits, "float64").T
    shares = (examples[:count].reshape(-1, len(limits)) - low) / (high - low)
    numbers = np.where(np.isnan(shares), MISSING, np.round(shares * (MISSING - 1)))
    encoded = base64.b64encode(numbers.astype("<u2").tobytes()).decode("ascii")
    return {"values": encoded}, count
