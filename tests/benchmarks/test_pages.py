"""The tables of the pages are those of the stored results."""

import json
import re

import pytest
from conftest import ROOT

from benchmarks import pages

PAGES = pages.pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_tables_are_those_of_the_stored_results(page):
    assert pages.fill(page.read_text(), page.parent) == page.read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_tables_have_rows_and_columns_that_are_not_empty(page):
    for spec, content in re.findall(
        r"<!-- table: (.+?) -->\n(.*?)<!-- end -->", page.read_text(), re.DOTALL
    ):
        lines = content.strip().splitlines()
        if spec == "sources":
            assert all(
                re.match(r"- \[.+\]\(.+\.json\): `python -m .+`.*; .+", line) for line in lines
            )
            continue
        rows = [line.strip("| ").split(" | ") for line in lines[2:]]
        assert rows, spec
        for column in range(len(lines[0].split(" | "))):
            assert any(len(row) > column and row[column].strip() for row in rows), (spec, column)


def test_every_stored_result_is_in_a_page_or_named_by_one():
    text = "".join(
        path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    )
    pages_read = set()
    for page in PAGES:
        pages.fill(page.read_text().replace("<!-- table: sources -->", ""), page.parent)
        pages_read |= {path.relative_to(pages.RESULTS).as_posix() for path in pages.READ}
    for path in pages.RESULTS.rglob("*.json"):
        name = path.relative_to(pages.RESULTS).as_posix()
        if name != "sources.json" and not name.startswith("sequences/tried/"):
            assert name in pages_read or f"{name})" in text, name


def test_programs_of_the_pages_exist_or_their_revision_is_named():
    for page in {ROOT / "README.md", *(ROOT / "docs").rglob("*.md")}:
        text = " ".join(page.read_text().split())
        for program, after in re.findall(r"python -m benchmarks\.(\w+)(.{0,150})", text):
            there = (ROOT / "benchmarks" / f"{program}.py").is_file()
            assert there or " of revision " in after, (page.name, program)


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "RESULTS", tmp_path)
    about = {"machine": {"processor": "P", "cores": 1, "memory_gib": 2}, "versions": {"keras": "3"}}
    rows = {"lstm": {"ms": {"median": 2.0, "quartiles": [1.5, 2.25]}, "fast": True}}
    rows["gru"] = {"ms": {"median": 4.0, "quartiles": [3.0, 5.0]}, "note": "new"}
    content = {
        "command": "python -m benchmarks.x",
        **about,
        "parts": {"a": rows},
        "list": [1, 5, 3],
    }
    (tmp_path / "x.json").write_text(json.dumps(content))
    (tmp_path / "sources.json").write_text('{"x*": {"revision": "abc"}}')
    return tmp_path


def test_a_table_is_made_of_its_comment(results):
    spec = (
        "x.json#parts.*.* | part = {key} | layer = {key2} | ms = {ms:.1f} | ok = {fast} | {note}="
    )
    text = f"Before\n<!-- table: {spec} -->\nold\n<!-- end -->\n"
    text += "<!-- table: x.json# | all = {list[max]} of {list[last]} -->\n<!-- end -->\n"
    text += "<!-- table: sources -->\n<!-- end -->\n"
    filled = pages.fill(text, results)
    assert "| a | LSTM | 2.0 (1.5 to 2.2) | yes |" in filled
    assert "| a | GRU | 4.0 (3.0 to 5.0) |  |" in filled
    assert "| 5 of 3 |" in filled
    assert (
        "- [x.json](x.json): `python -m benchmarks.x` of revision abc; "
        "P, 1 core, 2 GiB of memory, keras 3" in filled
    )
    assert "old" not in filled
    assert pages.fill(filled, results) == filled


def test_values_of_seeds_are_mean_and_deviation():
    runs = [{"a": 1.0, "b": {"c": 3}}, {"a": 2.0, "b": {"c": 3}}, {"a": 6.0, "d": 1}]
    row = pages.over_runs(runs)
    text = "{a:.2f}; {a:~.1f}; {b[c]:.0f}; {d:.1f}; {count}".format(**row)
    assert text == "3.00 ± 2.65; 2.0; 3; 1.0; 3"
