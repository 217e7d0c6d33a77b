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
def test_ours_pass_the_tests_of_keras(tmp_path):
    if missing := [name for name in FILES if not (SOURCES / name).is_file()]:
        pytest.skip(f"This release of Keras comes without {', '.join(missing)}")
    command = [sys.executable, "-m", "pytest", "-v", "-p", "keras_with_our_classes", "-p"]
    command += ["no:cacheprovider", "-c", os.devnull, f"--rootdir={SOURCES}"]
    done = subprocess.run(
        [*command, *(str(SOURCES / name) for name in FILES)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}:{Path(__file__).parent}",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    assert done.returncode == 0, done.stdout[-2000:]
    for name, least in FILES.items():
        passed = re.findall(rf"{re.escape(name)}::.* PASSED", done.stdout)
        assert len(passed) >= least, done.stdout[-2000:]
