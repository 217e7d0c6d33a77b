"""The README tells the truth."""

import re

import pytest
from conftest import ROOT

README = (ROOT / "README.md").read_text()
PYTHON = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_python_examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for code in PYTHON:
        if "runs/digits-lstm" in code:
            names["vae"].save(make_parents(tmp_path / "runs" / "digits-lstm" / "model.keras"))
        exec(code, names)
        if "z" in names:
            assert names["z"].shape == (359, 2)
            assert names["images"].shape == (16, 8, 8)
    assert names["vae"].built
    assert (tmp_path / "serving" / "encoder" / "1" / "export.json").is_file()


def make_parents(path):
    path.parent.mkdir(parents=True)
    return path


def test_pictures_and_pages_exist():
    for target in re.findall(r"\]\((?!http)(.*?)\)", README):
        assert (ROOT / target).is_file(), target


def test_continuous_integration_finds_the_test_command():
    (command,) = re.findall(
        r"^<!-- test command -->\n```bash\n(.*?)^```$", README, re.M | re.DOTALL
    )
    assert 'pip install --editable ".[test]"' in command
    assert "python -m pytest" in command


def test_table_of_files_names_what_a_run_leaves():
    for name in ("metrics.json", "history.csv", "model.keras", "config.json", "embedding.png"):
        assert f"`{name}`" in README
