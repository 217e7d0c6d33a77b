"""The programs of the comparison on a GPU work, in small and on this backend."""

import importlib
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import gpu

WORKS = {
    "dense 4": {"encoder": "dense", "batch_size": 4, "shape": (8, 28, 28), "masked": False},
    "gru 4": {"encoder": "gru", "batch_size": 4, "shape": (8, 28, 28), "masked": False},
    "padded 6": {"encoder": "lstm", "batch_size": 4, "shape": (8, 6, 8), "masked": True},
}


def test_works_in_full():
    works = gpu.works_of((128, 4096), (100, 1000), scale=1.0)
    assert works["dense 4096"]["shape"] == (131_072, 28, 28)
    assert works["padded 1000"]["shape"] == (256, 1000, 8)
    assert all(work["shape"][0] % work["batch_size"] == 0 for work in works.values())


def test_padding_is_zero():
    x, lengths = gpu.data_of(WORKS["padded 6"])
    assert x.shape == (8, 6, 8)
    assert lengths.min() >= 1
    for row, steps in zip(x, lengths, strict=True):
        assert not row[steps:].any()
        assert row[:steps].all()


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("module", sorted({module for module, _ in gpu.PROGRAMS.values()}))
def test_program(module, precision, monkeypatch):
    if "torch" in module:
        pytest.importorskip("torch")
    if "jax" in module:
        pytest.importorskip("jax")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")  # Keras has been imported already.
    make = importlib.import_module(f"benchmarks.{module.replace('/', '.')}").make
    import keras

    before = keras.config.dtype_policy()
    try:
        task = SimpleNamespace(works=WORKS, units=8, precision=precision)
        turns = make(task, "eager" if "torch" in module else "tensorflow")
        assert list(turns) == list(WORKS)
        for turn in turns.values():
            turn()
    finally:
        keras.config.set_dtype_policy(before)
    assert np.isfinite(gpu.data_of(WORKS["gru 4"])[0]).all()
