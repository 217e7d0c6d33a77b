"""Former names of the functions of this folder, until nothing imports them."""

from keras_vrae.datasets.pipeline import (  # noqa: F401
    array_batches,
    binarize,
    common_length,
    evaluation_batches,
    steps_in_epoch,
    training_batches,
)
