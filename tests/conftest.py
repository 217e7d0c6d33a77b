"""What all tests share."""

# Before TensorFlow, see keras_vrae/backend/torch/triton_first.py.
import contextlib
import sys

if "tensorflow" not in sys.modules:
    with contextlib.suppress(ImportError):
        import triton  # noqa: F401

import ctypes
import gc
import os
from pathlib import Path

import keras
import matplotlib.pyplot  # noqa: F401  (its first import warns on some machines)
import numpy as np
import pytest
from tensorflow.python.framework import ops

from keras_vrae.plots.example_plot import ExamplePlot
from keras_vrae.plots.rolls import Rolls
from keras_vrae.plots.tokens import Tokens

pytest_plugins = ["skips"]
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _fixed_seed():
    keras.utils.set_random_seed(0)


@pytest.fixture(scope="module", autouse=True)
def _memory_is_given_back():
    """Frees what the tests of a module leave behind.

    TensorFlow keeps the gradient of each `tf.custom_gradient` in a graph, with the whole graph, for
    the life of the process; a model that outlives a module is not differentiated after it.
    """
    gradients = ops.gradient_registry._registry
    before = set(gradients)
    yield
    for name in set(gradients) - before:
        if name.startswith("CustomGradient-"):
            del gradients[name]
    gc.collect()
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)


@pytest.fixture(scope="module", autouse=True)
def _few_panels(request):
    """Draws a few examples of a kind in place of many, which takes most of the time of a run.

    The tests of the plots and the programs in processes of their own draw all.
    """
    with pytest.MonkeyPatch.context() as patch:
        if "plots" not in request.path.parts:
            for kind in (ExamplePlot, Rolls, Tokens):
                for name, count in (("most", 4), ("most_pairs", 2), ("most_in_plane", 2)):
                    patch.setattr(kind, name, count)
        yield


@pytest.fixture(scope="session")
def mnist_dir():
    """The folder with the four IDX files of MNIST, where this machine has them."""
    folder = os.environ.get("KERAS_VRAE_TEST_DATA")
    if not folder:
        pytest.skip("KERAS_VRAE_TEST_DATA does not name a folder with mnist/")
    return Path(folder, "mnist")


@pytest.fixture(scope="session")
def small_model():
    """A VAE over sequences of 3 steps of 2 values, with weights that no version of Keras draws."""
    import keras_vrae

    model = keras_vrae.build("gru", (3, 2), latent_dim=2, hidden_units=4)
    numbers = iter(range(10**6))
    model.set_weights(
        [
            np.sin([next(numbers) for _ in range(weights.size)]).reshape(weights.shape)
            for weights in model.get_weights()
        ]
    )
    return model


@pytest.fixture(scope="session")
def exported(small_model, tmp_path_factory):
    """The directory with the export of the small model, and what `serving.export` returned."""
    from keras_vrae import serving

    directory = tmp_path_factory.mktemp("serving")
    return directory, serving.export(small_model, directory)
