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

from keras_vrae.backend.tensorflow import *  # noqa: F403  (the names of its __all__)
from keras_vrae.backend.tensorflow import __all__  # noqa: F401
