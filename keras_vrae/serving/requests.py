"""Requests that compare the answers of an export with those of its model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import keras
import numpy as np
from keras import ops

from keras_vrae.models import VAE
from keras_vrae.validation import SettingError, complaint

if TYPE_CHECKING:
    from keras_vrae.serving.signatures import Signature

BATCH_SIZES = (1, 4)
OTHER_LENGTHS = (2, 5)
TEXTS = np.array(
    ["The cat sat, and the CAT slept.", "Ünïcode: naïve_words 42", "", "god game space"]
)
LARGEST_SEED = 2**63 - 1


class Request(NamedTuple):
    """The inputs of one call of one signature, NumPy arrays by name."""

    signature: str
    inputs: dict[str, np.ndarray]


def make_requests(signatures: Mapping[str, Signature], model: VAE) -> list[Request]:
    """Makes two requests for each signature, of different numbers of rows and of time steps.

    If any number of steps is possible, the first request has that of the model's examples, if they
    have one. The last row of the second request is invalid, if a row of the signature can be.

    Args:
        signatures: `Signature` by name.
        model: the `VAE`, in whose likelihood's support the examples lie.

    Returns:
        A list of `Request`.
    """
    rng = np.random.default_rng(0)
    first, second = OTHER_LENGTHS
    lengths = (model.event_shape[0] or first, second)
    requests = []
    for name, signature in signatures.items():
        for batch_size, length in zip(BATCH_SIZES, lengths, strict=True):
            inputs = {}
            fixed = signature.inputs["inputs"].shape[1:2] if "inputs" in signature.inputs else []
            most = min([length, *filter(None, fixed)])
            for key, spec in signature.inputs.items():
                shape = (batch_size, *(length if size is None else size for size in spec.shape[1:]))
                if key == "inputs":
                    inputs[key] = examples_of(model, shape, rng).astype(spec.dtype.name)
                else:
                    inputs[key] = _values(key, shape, most, rng)
            if batch_size > 1:
                _spoil_last_row(inputs)
            requests.append(Request(name, inputs))
    return requests


def _spoil_last_row(inputs):
    """Puts invalid values into the last row of each input that can have them."""
    for name, value in (("inputs", np.nan), ("z", np.nan), ("lengths", 0)):
        if name in inputs:
            inputs[name][-1] = value


def examples_of(model: VAE, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Examples of a model in the units of the data: numbers from 0 to 1, categories, or draws.

    Args:
        model: the `VAE`.
        shape: `(B, ...)`.
        rng: generator of NumPy.

    Raises:
        SettingError: for a likelihood whose support holds none of them.
    """
    likelihood = model.likelihood
    x = rng.random(shape, "float32")
    parameters = rng.normal(size=(shape[0], *likelihood.parameters_shape(shape[1:])))
    for make in (
        lambda: x,
        lambda: np.floor((likelihood.num_categories or 2) * x),
        lambda: likelihood.sample(parameters.astype("float32"), seed=keras.random.SeedGenerator(0)),
    ):
        found = ops.convert_to_numpy(make())
        if found.shape == shape and np.asarray(likelihood.in_support(found)).all():
            return ops.convert_to_numpy(model.in_units_of_data(found))
    expected = "one whose support holds numbers between 0 and 1, 0 and 1 themselves, or its draws"
    raise SettingError(complaint("likelihood", expected, likelihood))


def _values(name, shape, length, rng):
    if name == "lengths":
        return rng.integers(1, length, shape, endpoint=True)
    if name == "seed":
        return rng.integers(-LARGEST_SEED, LARGEST_SEED, shape)
    if name == "text":
        return rng.choice(TEXTS, shape)
    return rng.normal(size=shape).astype("float32")
