"""The rules of the gate: no test is skipped unnoticed, and a warning of ours is an error."""

import os
import re
import subprocess
import sys
import warnings

import pytest
from conftest import ROOT

TESTS = {
    "permitted": "pytest.skip('none of chromium, google-chrome is installed')",
    "missing_data": "pytest.skip('KERAS_VRAE_TEST_DATA does not name a folder with mnist/')",
    "expected_failure": "pytest.xfail('a known error')",
    "refused": "pytest.skip('it is slow')",
    "not_installed": "pytest.importorskip('no_such_package')",
}


def run(folder, names, *options, **environment):
    """The status and the output of pytest on a module of such tests."""
    tests = "".join(f"def test_{name}():\n    {TESTS[name]}\n" for name in names)
    (folder / "test_it.py").write_text(f"import pytest\n{tests}")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests"), **environment}
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, f"--rootdir={folder}"]
    command += ["-p", "skips", "-p", "no:cacheprovider", *options, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment)
    return done.returncode, done.stdout


@pytest.mark.slow
def test_known_reasons_are_permitted(tmp_path):
    names = ["permitted", "missing_data", "expected_failure"]
    status, said = run(tmp_path, names, CI="1")
    assert (status, "NOT PERMITTED" in said) == (0, False), said


@pytest.mark.slow
@pytest.mark.parametrize("name", ["refused", "not_installed"])
@pytest.mark.parametrize("options", [[], ["--numprocesses=1"]], ids=["alone", "workers"])
def test_another_reason_fails_the_run_and_is_named(name, options, tmp_path):
    status, said = run(tmp_path, ["permitted", name], *options, CI="1")
    assert status == 1, said
    assert re.search(rf"^NOT PERMITTED TO SKIP test_it.py::test_{name}: ", said, re.M)
    assert said.count("NOT PERMITTED") == 1


@pytest.mark.slow
def test_a_module_that_is_skipped_is_named(tmp_path):
    (tmp_path / "test_other.py").write_text("import pytest\npytest.importorskip('no_such_package')")
    status, said = run(tmp_path, ["permitted"], "--numprocesses=1", CI="1")
    assert status == 1, said
    assert "NOT PERMITTED TO SKIP test_other.py: could not import 'no_such_package'" in said


@pytest.mark.slow
def test_elsewhere_any_test_may_be_skipped(tmp_path):
    status, said = run(tmp_path, ["refused"], CI="")
    assert (status, "NOT PERMITTED" in said) == (0, False), said


def warn_in(module):
    warnings.warn_explicit("old", DeprecationWarning, "file.py", 1, module=module)


def test_warnings_of_our_modules_are_errors():
    modules = [path.stem for path in (ROOT / "tests").rglob("*.py")]
    modules += ["keras_vrae", "keras_vrae.models.vae", "keras_vrae_cli.program", "export.__main__"]
    modules += ["benchmarks.speed", "report.test_report"]
    for module in modules:
        with pytest.raises(DeprecationWarning):
            warn_in(module)


@pytest.mark.parametrize("module", ["keras.src.ops.core", "tensorflow.python.eager", "numpy"])
def test_warnings_of_other_packages_are_only_shown(module):
    with warnings.catch_warnings(record=True) as shown:
        warn_in(module)
    assert [str(warning.message) for warning in shown] == ["old"]
