"""README and manual tell the truth: their code runs, and what they link to exists."""

import re

import numpy as np
import pytest
from conftest import ROOT

README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "CONTRIBUTING.md"]
PYTHON = {
    str(page.relative_to(ROOT)): re.findall(
        r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL
    )
    for page in PAGES
}
# Values that the comments in the code promise.
PROMISED = {
    "README.md": {"codes": (120, 2), "scores": (120,)},
    "docs/getting-started.md": {"codes": (200, 4), "copies": (200, 30, 2), "drawn": (5, 30, 2)},
    "docs/documents.md": {"codes": (20, 1)},
    "docs/python.md": {"z": (359, 2), "images": (16, 8, 8)},
    "docs/sequences.md": {"codes": (4, 4), "drawn": (2, 40, 3), "futures": (4, 5, 40, 3)},
}


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page, blocks in PYTHON.items() if blocks])
def test_python_examples_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    for code in PYTHON[page]:
        if "runs/digits-lstm" in code:
            (tmp_path / "runs" / "digits-lstm").mkdir(parents=True)
            names["vae"].save("runs/digits-lstm/model.keras")
        exec(code, names)
    for name, shape in PROMISED[page].items():
        assert np.shape(names[name]) == shape, name
    if page == "README.md":
        assert (tmp_path / "codes.png").is_file()
    if page == "docs/python.md":
        assert (tmp_path / "serving" / "encoder" / "1" / "export.json").is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pictures_and_pages_exist(page):
    for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_readme_is_short():
    assert len(README.splitlines()) <= 130


def test_continuous_integration_finds_the_test_command():
    (command,) = re.findall(
        r"^<!-- test command -->\n```bash\n(.*?)^```$", README, re.M | re.DOTALL
    )
    assert 'pip install --editable ".[test]"' in command
    assert "python -m pytest" in command


def test_table_of_files_names_what_a_run_leaves():
    page = (ROOT / "docs" / "program.md").read_text()
    for name in ("metrics.json", "history.csv", "model.keras", "config.json", "embedding.png"):
        assert f"`{name}`" in page
