"""The scripts of the report: short, readable by Node, tested by it, and unable to reach out."""

import re
import shutil
import subprocess

import pytest
from conftest import ROOT

from keras_vrae.report import explorer
from keras_vrae.report.explorer.content import SCRIPTS

FOLDER = ROOT / "keras_vrae" / "report" / "explorer"
FILES = sorted(FOLDER.glob("*.js"))
NODE = shutil.which("node")
MOST_LINES, WIDEST = 600, 120
# Whatever makes markup of text, runs text, or asks for something from elsewhere.
REFUSED = (
    *("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval("),
    *("new Function", "fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon", "import(", "http"),
    *("localStorage", "window.open", "location"),
)

needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")


def test_the_script_of_the_page_is_its_files_one_after_the_other():
    assert {path.name for path in FILES} == set(SCRIPTS)
    assert explorer.script() == "\n".join((FOLDER / name).read_text() for name in SCRIPTS)


def test_scripts_stay_small():
    lines = [line for path in FILES for line in path.read_text().splitlines()]
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= WIDEST
    assert not [line for line in lines if re.search(r"\s$|\t|\bvar\b|[^=!]==[^=]", line)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_scripts_make_no_markup_and_ask_for_nothing(path):
    found = [name for name in REFUSED if name in path.read_text()]
    assert not found


@needs_node
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_node_reads_the_scripts(path):
    subprocess.run([NODE, "--check", str(path)], check=True, capture_output=True)


@needs_node
@pytest.mark.slow
def test_unit_tests_of_the_scripts():
    command = [NODE, "--test", str(ROOT / "tests" / "report" / "scripts")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert int(re.search(r"^# pass (\d+)$", done.stdout, re.M)[1]) >= 10
