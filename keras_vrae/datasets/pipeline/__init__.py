"""From arrays to the batches of training and evaluation: of tf.data, or of NumPy elsewhere."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from keras_vrae import backend
from keras_vrae.datasets.pipeline.binarization import binarize
from keras_vrae.datasets.splits import Split

if TYPE_CHECKING:
    from keras_vrae.datasets.tfrecord import ShardedSplit

if TYPE_CHECKING or backend.name == "tensorflow":
    from keras_vrae.datasets.pipeline.arrays import evaluation_batches
    from keras_vrae.datasets.pipeline.training import training_batches
else:
    from keras_vrae.datasets.pipeline.in_numpy import evaluation_batches, training_batches

__all__ = [
    "binarize",
    "evaluation_batches",
    "steps_in_epoch",
    "training_batches",
]


def steps_in_epoch(split: Split | ShardedSplit, batch_size: int) -> int:
    """Number of batches in one pass over the examples, with the partial last one."""
    return math.ceil(split.size / batch_size)
