"""Batches that come in groups, for several training steps in one call."""

from typing import Any, NamedTuple

import keras
from keras import tree

BATCH_HOOKS = tuple(
    f"on_{kind}batch_{moment}" for kind in ("train_", "test_", "") for moment in ("begin", "end")
)


class BatchGroups(NamedTuple):
    """Data for `fit` whose batches come in groups; one call trains on a whole group.

    Callbacks then see the last batch of each group only.

    Attributes:
        dataset: a `tf.data.Dataset` without end.
        batch_size: rows of a batch; the last one of a group may have fewer.
        steps: number of batches in a group; the last one of an epoch may have fewer.
    """

    dataset: Any
    batch_size: int
    steps: int


def watch_batches(callbacks: Any) -> bool:
    """Returns whether any of the callbacks of `fit` does something at single batches."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return True
    for callback in tree.flatten(callbacks or []):
        for hook in BATCH_HOOKS:
            method = getattr(callback, hook)
            if getattr(method, "__func__", method) is not getattr(keras.callbacks.Callback, hook):
                return True
    return False
