import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf
from conftest import ROOT

import keras_vrae as kv
from keras_vrae import serving
from keras_vrae.serving import capi, publishing

TIMES = 50


@pytest.mark.slow
def test_no_published_version_is_ever_incomplete(tmp_path):
    program = Path(__file__).with_name("killed_export.py")
    command = [sys.executable, str(program), str(tmp_path), str(TIMES)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    checked = set()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        for _ in process.stdout:
            # As a polling server would, while the next exporter is at work already.
            for path in tmp_path.glob("*/[0-9]*"):
                serving.check_version(path)
                checked.add(path)
    assert process.returncode == 0
    versions = {int(path.name) for path in checked}
    assert len(versions) >= 5
    left = [path for path in tmp_path.iterdir() if path.name.startswith(publishing.STAGING_PREFIX)]
    for path in list(tmp_path.glob("*/[0-9]*"))[::5]:
        capi.SavedModel(path, tf.sysconfig.get_lib()).close()
    model = kv.build("dense", (4,), hidden_units=4)
    exported = serving.export(model, tmp_path, models=["decoder"])
    assert exported.version == max(versions) + 1
    assert not any(path.exists() for path in left)
