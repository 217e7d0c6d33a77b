"""The manual is complete: all that is public has a page, and notebooks have their outputs."""

import importlib
import json
import re

import pytest
from conftest import ROOT

import keras_vrae

DOCS = ROOT / "docs"
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))
DOCUMENTED = {
    module
    for page in (DOCS / "reference").glob("*.md")
    for module in re.findall(r"^\.\. automodule:: (\S+)$", page.read_text(), re.MULTILINE)
}


def test_every_public_name_is_in_the_reference():
    names = {name for module in DOCUMENTED for name in importlib.import_module(module).__all__}
    modules = {name for name in keras_vrae.__all__ if f"keras_vrae.{name}" in DOCUMENTED}
    assert set(keras_vrae.__all__) - names - modules == {"__version__", "schedules"}
    assert "keras_vrae.objectives.schedules" in DOCUMENTED


def test_every_page_is_in_the_table_of_contents():
    entries = set()
    for page in (DOCS / "index.md", DOCS / "reference" / "index.md"):
        for block in re.findall(r"```{toctree}\n(.*?)```", page.read_text(), re.DOTALL):
            entries |= {page.parent / line for line in block.splitlines() if line[:1].isalpha()}
    pages = {path.with_suffix("") for path in [*DOCS.rglob("*.md"), *NOTEBOOKS]}
    assert pages - entries == {DOCS / "index"}
    assert entries <= pages


def test_the_page_of_concepts_has_the_code_of_the_model():
    page = (DOCS / "concepts.md").read_text()
    rows = page.split("| symbol | code |")[1].split("\n\n")[0]
    table = re.findall(r"\| `([^`]+)` \|", rows)
    assert len(table) == 7
    source = (ROOT / "keras_vrae" / "models" / "vae.py").read_text()
    for code in table:
        assert code in source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_have_the_outputs_of_one_run(path):
    cells = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    kinds = {output["output_type"] for output in outputs}
    assert "stream" in kinds
    assert "error" not in kinds
    text = json.dumps(outputs)
    assert not re.search(r"/(tmp|home|root|work|Users)/", text)
    assert path.stat().st_size < 1_000_000


def test_the_explorer_in_the_study_is_small_and_loads_nothing():
    page = DOCS / "extra" / "explorer" / "digits.html"
    text = page.read_text()
    assert page.stat().st_size < 2_000_000
    assert "default-src 'none'" in text
    assert not re.search(r"/(tmp|home|root|work|Users)/", text)
    # A page of the manual shows it in a frame, at its place among the files that are copied.
    assert 'src="explorer/digits.html#explore"' in (DOCS / "study.md").read_text()
