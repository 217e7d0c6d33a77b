"""Zeros and ones drawn from grey levels, once and for all or again in each epoch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_vrae.datasets.splits import Split

if TYPE_CHECKING:
    from keras_vrae.datasets.tfrecord import ShardedSplit

FIXED_BINARIZATION_SEED = 0


def binarize(split: Split | ShardedSplit, seed: int = FIXED_BINARIZATION_SEED) -> Split | Any:
    """Draws each value once from a Bernoulli with the grey level as its probability.

    Args:
        split: a `Split` with values between 0 and 1.
        seed: whole number; the same seed gives the same draw.

    Returns:
        A `Split` of zeros and ones.

    Reference:
        Salakhutdinov and Murray, 2008 (ICML).
    """
    if not isinstance(split, Split):
        return split.binarized(seed)
    return split._replace(x=(fixed_noise(seed, 0, split.x.shape) < split.x).astype("float32"))


def fixed_noise(seed: int, start: int, shape: tuple[int, ...]) -> np.ndarray:
    """Draws the noise of `binarize` for the examples from `start` on, without the noise before.

    Args:
        seed: whole number.
        start: number of examples before these.
        shape: shape of these examples, `(B, ...)`.

    Returns:
        NumPy array of float32, from 0 to 1.
    """
    bits = np.random.PCG64(seed)  # As `default_rng` has it.
    # A draw of 64 bits makes two values.
    draws, half = divmod(int(start) * math.prod(shape[1:]), 2)
    bits.advance(int(draws))
    generator = np.random.Generator(bits)
    if half:
        generator.random(dtype="float32")
    return generator.random(tuple(shape), dtype="float32")
