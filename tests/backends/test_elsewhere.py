"""The tests that hold on any backend, run on JAX and on PyTorch, a process each."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

FILES = (
    "tests/backends/test_any_backend.py",
    "tests/backends/only_elsewhere.py",
    "tests/test_conformance.py",
    "tests/test_linear_gaussian.py",
    "tests/test_sampling.py",
)
OWN = {"jax": ("tests/backends/on_jax.py",), "torch": ()}


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_backend(backend):
    pytest.importorskip(backend)
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        # Compilation takes the most time.
        "XLA_FLAGS": "--xla_backend_optimization_level=0",
    }
    environment = {k: v for k, v in environment.items() if not k.startswith("PYTEST_XDIST")}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        *FILES,
        *OWN[backend],
    ]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
