"""From arrays to the batches of training and evaluation: `tf.data.Dataset`s."""

from keras_vrae.datasets.pipeline.arrays import evaluation_batches
from keras_vrae.datasets.pipeline.binarization import binarize
from keras_vrae.datasets.pipeline.training import steps_in_epoch, training_batches

__all__ = [
    "binarize",
    "evaluation_batches",
    "steps_in_epoch",
    "training_batches",
]
