"""The examples of the docstrings, executed."""

import doctest
import importlib

import keras
import numpy as np
import pytest
from conftest import ROOT

import keras_vrae
from keras_vrae.evaluation import active_units

# Layers of the other backends would take the names in files from those of this one.
ELSEWHERE = tuple(f"keras_vrae.backend.{name}" for name in ("jax", "torch", "optimizer"))
NAMES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "keras_vrae").rglob("*.py")
    if path.stem != "__main__"
)
NAMES = [name for name in NAMES if not name.startswith(ELSEWHERE)]


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
