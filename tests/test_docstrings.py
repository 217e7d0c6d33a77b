"""The examples of the docstrings, executed."""

import doctest
import importlib
import pkgutil

import keras
import numpy as np
import pytest

import keras_vrae
from keras_vrae.evaluation import active_units

NAMES = [
    module.name
    for module in pkgutil.walk_packages(keras_vrae.__path__, "keras_vrae.")
    if not module.name.endswith("__main__")
]


@pytest.mark.parametrize("name", NAMES)
def test_examples(name):
    module = importlib.import_module(name)
    names = {
        "keras": keras,
        "keras_vrae": keras_vrae,
        "np": np,
        "ops": keras.ops,
        "active_units": active_units,
    }
    assert doctest.testmod(module, extraglobs=names).failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    modules = [importlib.import_module(name) for name in NAMES]
    examples = [test for module in modules for test in finder.find(module) if test.examples]
    assert len(examples) >= 8


@pytest.mark.parametrize("name", [name for name in keras_vrae.__all__ if name != "__version__"])
def test_public_names_are_documented(name):
    assert len(getattr(keras_vrae, name).__doc__) > 40
