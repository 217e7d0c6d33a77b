"""Requests that compare the answers of an export with those of its model."""

from typing import NamedTuple

import numpy as np

from keras_vrae.validation import SettingError, complaint

BATCH_SIZES = (1, 3)
LENGTHS = (2, 5)
TEXTS = np.array(
    ["The cat sat, and the CAT slept.", "Ünïcode: naïve_words 42", "", "god game space"]
)
LARGEST_SEED = 2**63 - 1


class Request(NamedTuple):
    """The inputs of one call of one signature, NumPy arrays by name."""

    signature: str
    inputs: dict


def make_requests(signatures, likelihood):
    """Makes a few requests for each signature: two batch sizes, and two lengths if it takes any.

    Args:
        signatures: `Signature` by name.
        likelihood: the `Likelihood` in whose support the examples lie.

    Returns:
        A list of `Request`.
    """
    rng = np.random.default_rng(0)
    requests = []
    for name, signature in signatures.items():
        for batch_size, length in zip(BATCH_SIZES, LENGTHS, strict=True):
            inputs = {}
            fixed = signature.inputs["inputs"].shape[1:2] if "inputs" in signature.inputs else []
            most = min([length, *filter(None, fixed)])
            for key, spec in signature.inputs.items():
                shape = [length if size is None else size for size in spec.shape]
                inputs[key] = _values(key, (batch_size, *shape[1:]), most, likelihood, rng)
            requests.append(Request(name, inputs))
    return requests


def _values(name, shape, length, likelihood, rng):
    if name == "lengths":
        return rng.integers(1, length, shape, endpoint=True)
    if name == "seed":
        return rng.integers(-LARGEST_SEED, LARGEST_SEED, shape)
    if name == "text":
        return rng.choice(TEXTS, shape)
    if name == "z":
        return rng.normal(size=shape).astype("float32")
    x = rng.random(shape, "float32")
    # Categories are whole numbers.
    categories = getattr(likelihood, "num_categories", 2)
    for examples in (x, np.floor(categories * x)):
        if np.asarray(likelihood.in_support(examples)).all():
            return examples
    expected = "one whose support holds numbers between 0 and 1, or 0 and 1 themselves"
    raise SettingError(complaint("likelihood", expected, likelihood))
