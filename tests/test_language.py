"""The words of the package: docstrings that begin with a verb or a noun, and plain English."""

import ast
import io
import re
import tokenize

import pytest
from conftest import ROOT

PACKAGES = ("keras_vrae", "keras_vrae_cli", "export", "benchmarks")
MODULES = {
    str(path.relative_to(ROOT)): path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
}
PAGES = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md"))),
]
# A summary is a verb phrase or a noun with a head, never a clause.
CLAUSE = re.compile(r"(What|How|Where|When|Why|Whether|Which|Who|That|If|So|As|Of|In)\b")
# What is written instead stands behind.
AVOIDED = {
    r"\banew\b": "again",
    r"\bin (the )?place of\b": "instead of",
    r"\bin the stead of\b": "instead of",
    r"\bthat (can ?not|cannot) be\b": "invalid",
    r"\bbeside\b": "next to, compared with",
    r"\btold\b": "given, reported",
    r"\b(is|are|was|were) no\b": "is not a",
    r"\bfor want of\b": "for lack of",
    r"\blikewise\b": "the same",
    r"\bhad best\b": "should",
}


def documented(tree):
    """Each node of a tree that may have a docstring, with it."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, kinds) and ast.get_docstring(node):
            yield getattr(node, "lineno", 1), ast.get_docstring(node)


def prose(source):
    """Each comment and string of a module, with its line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        middle = getattr(tokenize, "FSTRING_MIDDLE", None)
        if token.type in (tokenize.COMMENT, tokenize.STRING, middle):
            yield token.start[0], token.string


def avoided(text):
    """The phrases in a text that are avoided, each with what to write."""
    plain = " ".join(text.split())
    return [
        (match.group(), f"write: {instead}")
        for pattern, instead in AVOIDED.items()
        for match in re.finditer(pattern, plain, re.IGNORECASE)
    ]


@pytest.mark.parametrize("module", MODULES)
def test_docstrings_begin_with_a_verb_or_a_noun(module):
    tree = ast.parse(MODULES[module].read_text())
    clauses = [(line, text.split("\n")[0]) for line, text in documented(tree) if CLAUSE.match(text)]
    assert not clauses, f"{module}: {clauses}"


@pytest.mark.parametrize("module", MODULES)
def test_prose_is_plain(module):
    found = [
        (line, *hit) for line, text in prose(MODULES[module].read_text()) for hit in avoided(text)
    ]
    assert not found, f"{module}: {found}"


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_plain(page):
    assert not avoided((ROOT / page).read_text())
