"""The scripts in `examples/` that a newcomer runs first."""

import os
import socket
import subprocess
import sys

import loopback
import pytest
from conftest import ROOT

PRINTED = {
    "own_sequences.py": ["kind of the nearest known movement: ", "codes of the movements: "],
    "dataframe_pipeline.py": ["60 series by `machine`", "saved, loaded and used again: "],
    "own_encoder.py": [
        "AttentionEncoder: ELBO ",
        "saved and loaded: ",
        "exported for TF Serving: ",
    ],
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
    assert "Warning" not in done.stderr


@pytest.mark.slow
def test_from_installation_to_answers(tmp_path):
    """The server that the script waits for is started here when the export is there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path / "served"
    process = subprocess.Popen(
        [
            sys.executable,
            ROOT / "examples" / "train_export_call.py",
            folder,
            f"localhost:{port}",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Waiting for"):
            server, _ = loopback.serve_rest(loopback.Models(folder / "models"), port)
    errors = process.stderr.read()
    server.shutdown()
    assert process.wait() == 0, errors
    printed = "".join(lines)
    assert [line.split()[2] for line in lines if line.startswith("$")] == (
        ["train", "export", "client", "client"]
    )
    assert '"z_mean"' in printed
    assert "'reconstruction': (3, 8, 8)" in printed
