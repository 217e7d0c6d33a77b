"""The tests of LSTM, GRU, Bidirectional and Adam that come with Keras, run with our classes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import keras
import pytest
from conftest import ROOT

SOURCES = Path(keras.__file__).parent / "src"
FILES = {
    "layers/rnn/lstm_test.py": 5,
    "layers/rnn/gru_test.py": 5,
    "layers/rnn/bidirectional_test.py": 5,
    "optimizers/adam_test.py": 5,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_ours_pass_the_tests_of_keras(name, tmp_path):
    path = SOURCES / name
    if not path.is_file():
        pytest.skip(f"This release of Keras comes without {name}")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "keras_with_our_classes", "-p"]
    command += ["no:cacheprovider", "-c", "/dev/null", f"--rootdir={tmp_path}", str(path)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}:{Path(__file__).parent}",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    passed = re.search(r"(\d+) passed", done.stdout)
    assert done.returncode == 0, done.stdout[-2000:]
    assert int(passed[1]) >= FILES[name]
