"""What all tests share."""

import os
from pathlib import Path

import keras
import matplotlib.pyplot  # noqa: F401  (its first import warns on some machines)
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _fixed_seed():
    keras.utils.set_random_seed(0)


@pytest.fixture(scope="session")
def mnist_dir():
    """The folder with the four IDX files of MNIST, where this machine has them."""
    folder = os.environ.get("KERAS_VRAE_TEST_DATA")
    if not folder:
        pytest.skip("KERAS_VRAE_TEST_DATA does not name a folder with mnist/")
    return Path(folder, "mnist")
