"""The beginnings of sequences that a model is to continue."""

from typing import NamedTuple

import numpy as np

from keras_vrae import sequences
from keras_vrae.datasets import unseen


class Prefixes(NamedTuple):
    """The first steps of sequences, and the sequences themselves.

    Attributes:
        inputs: the prefixes, padded sequences.
        names: what to call each.
        truth: the whole sequences, padded likewise.
    """

    inputs: dict
    names: list
    truth: dict


def read_prefixes(source, splits, missing="refuse", steps=None):
    """Reads prefixes from files, or takes them of a test part.

    Args:
        source: as in `unseen.read`; the test part of `splits` when None.
        splits: data of the model.
        missing: as in `series.make_splits`.
        steps: how many first steps of each sequence to give the model; all when None.

    Returns:
        `Prefixes`.

    Raises:
        SettingError, DataError: as `unseen.read` does.
    """
    if source is None:
        names = [f"test example {number}" for number in range(splits.test.size)]
        truth = splits.test.in_memory().inputs
        if not sequences.is_padded(truth):
            truth = {"x": truth, "lengths": np.full(len(truth), truth.shape[1])}
    else:
        read = unseen.read_sequences(source, (None, *splits.spec.event_shape[1:]), missing)
        names, truth = read.names, read.inputs
    if steps is None:
        return Prefixes(truth, names, truth)
    lengths = np.minimum(truth["lengths"], steps)
    return Prefixes({"x": truth["x"][:, :steps], "lengths": lengths}, names, truth)
