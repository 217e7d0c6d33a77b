"""The wall: everything that depends on one backend, or on private parts of one.

The rest of the package is written on `keras` and `keras.ops` and takes from here the names below,
of the backend that Keras runs on. README.md in this folder says why each is here.
"""

import importlib
from typing import TYPE_CHECKING

import keras

from keras_vrae.backend.cores import available_cores
from keras_vrae.backend.groups import BatchGroups, watch_batches
from keras_vrae.backend.layer_tree import (
    compute_dtypes,
    flatten_layers,
    inner_layers_set,
    without_cudnn,
)

if TYPE_CHECKING:  # All backends have the names of this one.
    from keras_vrae.backend.tensorflow import *  # noqa: F403

BACKENDS = ("tensorflow", "jax", "torch")
NAMES = (
    "GRU",
    "LSTM",
    "Adam",
    "Model",
    "compiles_each_shape",
    "custom_gradient",
    "ensure_shape",
    "has_float64",
    "has_sparse_tensors",
    "is_sparse_tensor",
    "known_words",
    "loop_over_steps",
    "on_stored_values",
    "one_thread_per_operation",
    "over_batches",
    "padded_words",
    "separate_words",
    "sparse_from_dense",
    "sparse_product",
    "sparse_to_dense",
    "split_over_cores",
    "stop_unless",
    "tfidf_weights",
    "word_counts",
)

name = keras.backend.backend()
if name not in BACKENDS:
    raise ImportError(
        f"keras_vrae must run on one of the backends {', '.join(BACKENDS)} of Keras. "
        f"Received: KERAS_BACKEND={name}"
    )

_engine = importlib.import_module(f"keras_vrae.backend.{name}")
runtime = importlib.import_module(f"keras_vrae.backend.{name}.runtime")
globals().update({each: getattr(_engine, each) for each in NAMES})

__all__ = [
    "BACKENDS",
    "BatchGroups",
    "available_cores",
    "compute_dtypes",
    "flatten_layers",
    "inner_layers_set",
    "name",
    "runtime",
    "watch_batches",
    "without_cudnn",
    *NAMES,
]
