"""The scripts in `examples/` that a newcomer runs first."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

PRINTED = {
    "own_sequences.py": ["kind of the nearest known movement: ", "codes of the movements: "],
    "dataframe_pipeline.py": ["60 series by `machine`", "saved, loaded and used again: "],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PRINTED)
def test_scripts_run(name, tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / name],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    for words in PRINTED[name]:
        assert words in done.stdout
