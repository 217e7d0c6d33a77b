"""The wheel: what is in it, and that it works away from the checkout."""

import subprocess
import sys
import zipfile

import pytest
from conftest import ROOT

PACKAGES = ("keras_vrae", "keras_vrae_cli")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", f"--outdir={folder}", str(ROOT)],
        check=True,
        capture_output=True,
        text=True,
    )
    (path,) = folder.glob("*.whl")
    return path


@pytest.mark.slow
def test_wheel_holds_the_packages_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    top = {name.split("/")[0] for name in names}
    (information,) = top - set(PACKAGES)
    assert information.endswith(".dist-info")
    modules = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    }
    assert {name for name in names if not name.startswith(information)} == modules


@pytest.mark.slow
def test_wheel_works_away_from_the_checkout(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    script = (
        "import keras_vrae\n"
        "model = keras_vrae.build('gru', (4, 3), hidden_units=4)\n"
        "assert model.generate(2).shape == (2, 4, 3)\n"
        "from keras_vrae import serving\n"
        "assert serving.export(model, 'models', models=['decoder']).version == 1\n"
        "print(keras_vrae.__file__)\n"
    )
    command = [sys.executable, "-c", script]
    environment = {"PYTHONPATH": str(tmp_path), "PATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().startswith(str(tmp_path))
    command = [sys.executable, "-m", "keras_vrae_cli", "export", "--run_dir=run"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert done.returncode == 2
    assert "`export_dir` must be given" in done.stderr
