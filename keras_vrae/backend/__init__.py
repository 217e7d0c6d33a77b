"""The wall: everything that depends on one backend, or on private parts of one.

The rest of the package is written on `keras` and `keras.ops` and takes from here the names below,
of the backend that Keras runs on. README.md in this folder says why each is here.
"""

import keras

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        "keras_vrae must run on the TensorFlow backend of Keras. "
        f"Received: KERAS_BACKEND={keras.backend.backend()}"
    )

from keras_vrae.backend.tensorflow import (
    GRU,
    LSTM,
    Adam,
    BatchGroups,
    Model,
    available_cores,
    compute_dtypes,
    ensure_shape,
    flatten_layers,
    is_sparse_tensor,
    known_words,
    loop_over_steps,
    on_stored_values,
    one_thread_per_operation,
    over_batches,
    padded_words,
    separate_words,
    sparse_from_dense,
    sparse_product,
    sparse_to_dense,
    split_over_cores,
    stop_unless,
    tfidf_weights,
    without_cudnn,
    word_counts,
)

__all__ = [
    "GRU",
    "LSTM",
    "Adam",
    "BatchGroups",
    "Model",
    "available_cores",
    "compute_dtypes",
    "ensure_shape",
    "flatten_layers",
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
    "without_cudnn",
    "word_counts",
]
