"""The engine on PyTorch."""

from keras_vrae.backend.torch import triton_first  # isort: skip (before what may load TensorFlow)
from keras_vrae.backend.elsewhere import *  # noqa: F403  (what only TensorFlow has)
from keras_vrae.backend.optimizer import Adam
from keras_vrae.backend.time_loop import loop_over_steps
from keras_vrae.backend.torch.functions import over_batches
from keras_vrae.backend.torch.gradients import custom_gradient
from keras_vrae.backend.torch.model import Model
from keras_vrae.backend.torch.recurrent import GRU, LSTM

compiles_each_shape = False
has_float64 = True
