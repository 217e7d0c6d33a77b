"""The engine on JAX."""

from keras_vrae.backend.elsewhere import *  # noqa: F403  (what only TensorFlow has)
from keras_vrae.backend.jax.functions import over_batches
from keras_vrae.backend.jax.gradients import custom_gradient
from keras_vrae.backend.jax.model import Model
from keras_vrae.backend.jax.recurrent import GRU, LSTM
from keras_vrae.backend.jax.time_loop import loop_over_steps
from keras_vrae.backend.optimizer import Adam

compiles_each_shape = True
has_float64 = False
