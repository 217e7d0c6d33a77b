"""The engine on TensorFlow."""

from tensorflow import custom_gradient

from keras_vrae.backend.tensorflow.batch_split import split_over_cores
from keras_vrae.backend.tensorflow.checks import ensure_shape, stop_unless
from keras_vrae.backend.tensorflow.functions import over_batches
from keras_vrae.backend.tensorflow.model import Model
from keras_vrae.backend.tensorflow.optimizer import Adam
from keras_vrae.backend.tensorflow.recurrent.layers import GRU, LSTM
from keras_vrae.backend.tensorflow.sparse import (
    is_sparse_tensor,
    on_stored_values,
    sparse_from_dense,
    sparse_product,
    tfidf_weights,
)
from keras_vrae.backend.tensorflow.sparse import to_dense as sparse_to_dense
from keras_vrae.backend.tensorflow.strings import (
    known_words,
    padded_words,
    separate_words,
    word_counts,
)
from keras_vrae.backend.tensorflow.threads import one_thread_per_operation
from keras_vrae.backend.tensorflow.time_loop import loop_over_steps

has_sparse_tensors = True
compiles_each_shape = False
has_float64 = True
