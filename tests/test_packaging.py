"""The wheel: what is in it, and that it works away from the checkout."""

import configparser
import email
import json
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
    files = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for pattern in ("*.py", "py.typed", "*.js", "*.css")
        for path in (ROOT / package).rglob(pattern)
    }
    assert {name for name in names if not name.startswith(information)} == files
    assert {f"{package}/py.typed" for package in PACKAGES} <= files


@pytest.mark.slow
def test_metadata_say_the_licence_and_one_version(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["License-File"] == "LICENSE"
    assert metadata["Author"] == "The keras_vrae developers"
    assert f"version: {metadata['Version']}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {metadata['Version']}" in (ROOT / "CHANGELOG.md").read_text()


def test_every_requirement_says_its_lowest_version():
    """`.ci/lowest` tests those."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    for line in settings["options"]["install_requires"].split("\n"):
        assert not line.strip("# ") or line.startswith("#") or ">=" in line, line


@pytest.mark.slow
def test_the_installed_command_trains_reports_and_exports(wheel, tmp_path):
    prefix, folder = tmp_path / "prefix", tmp_path / "empty"
    folder.mkdir()
    install = ["-m", "pip", "install", "--ignore-installed", "--no-deps", f"--prefix={prefix}"]
    subprocess.run([sys.executable, *install, str(wheel)], check=True, capture_output=True)
    (packages,) = prefix.rglob("site-packages")
    environment = {"PYTHONPATH": str(packages), "PATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"}

    def run(*arguments, program=(str(prefix / "bin" / "keras-vrae"),), status=0):
        done = subprocess.run(
            [*program, *arguments], capture_output=True, text=True, cwd=folder, env=environment
        )
        assert done.returncode == status, done.stderr
        return done.stderr if status else done.stdout

    python = (sys.executable, "-c")
    search = "import importlib.util as u; print(u.find_spec('keras_vrae').origin)"
    assert run(search, program=python).startswith(str(prefix))
    assert "`export_dir` must be given" in run("export", "--run_dir=run", status=2)
    small = ("--epochs=1", "--hidden_units=8", "--nll_samples=2")
    assert "Test metrics of gru on digits" in run("train", "--encoder=gru", *small)
    config = "--config=runs/digits-gru/config.json"
    module = (sys.executable, "-m", "keras_vrae")
    run("train", config, "--encoder=dense", "--backend=jax", program=module)
    settings = json.loads((folder / "runs/digits-dense/config.json").read_text())
    assert (settings["encoder"], settings["epochs"], settings["hidden_units"]) == ("dense", 1, 8)
    assert settings["backend"] == "jax"
    run("report", "runs/digits-gru", "runs/digits-dense", "--output=comparison")
    assert (folder / "comparison" / "report.html").is_file()
    run("export", "--run_dir=runs/digits-gru", "--export_dir=served", "--models=encoder")
    assert (folder / "served" / "encoder" / "1" / "saved_model.pb").is_file()
    assert "Asks a TF Serving server" in run("client", "--help")
