import os
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf
from conftest import ROOT

import keras_vrae as kv
from keras_vrae import serving
from keras_vrae.serving import capi

# A kill takes seconds, so that the tests do it a few times unless this asks for more.
KILLS = os.environ.get("KERAS_VRAE_KILLS")


@pytest.fixture(scope="module")
def dense():
    return kv.build("dense", (4,), hidden_units=4, seed=0)


def versions_in(directory):
    """The published versions; looks into no folder that an exporter may be about to remove."""
    return [path for model in ("encoder", "decoder") for path in (directory / model).glob("[0-9]*")]


@pytest.mark.slow
@pytest.mark.parametrize("traced", [False, True])
def test_no_published_version_is_ever_incomplete(traced, dense, tmp_path):
    directory, program = tmp_path / "serving", Path(__file__).with_name("killed_export.py")
    command = [sys.executable, str(program), str(directory)]
    if traced:
        command += [KILLS or "3", "2"]
    else:
        serving.export(dense, tmp_path / "whole", models=["encoder", "decoder"])
        command += [KILLS or "12", "0.3", str(tmp_path / "whole")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    versions, left = set(), 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        for _ in process.stdout:
            # As a polling server would, while the next exporter is at work already.
            left += len(list(directory.glob(".export-*")))
            for path in versions_in(directory):
                serving.check_version(path)
                versions.add(path)
    assert process.returncode == 0
    print(f"{len(versions)} versions were published, {left} exports cut off in the middle")
    assert len(versions) >= 2 * int(command[3])
    assert left >= int(command[3]) // 2
    newest = max(int(path.name) for path in versions_in(directory))
    for path in sorted(versions)[::10]:
        capi.SavedModel(path, tf.sysconfig.get_lib()).close()
    assert serving.export(dense, directory, models=["decoder"]).version == newest + 1
    assert not list(directory.glob(".export-*"))
