"""Annotations: editors and type checkers see what every public function takes and returns."""

import ast

import pytest
from conftest import ROOT

PACKAGES = ("keras_vrae", "keras_vrae_cli", "export")
MODULES = {
    str(path.relative_to(ROOT)): path
    for path in (
        *(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")),
        ROOT / "train_main.py",
    )
}


def is_public(name):
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def public_functions(parent, prefix=""):
    """The functions of a module and the methods of its classes, by their names."""
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, (ast.If, ast.Try)):
            yield from public_functions(node, prefix)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)) and is_public(node.name):
            if isinstance(node, ast.ClassDef):
                yield from public_functions(node, f"{prefix}{node.name}.")
            else:
                yield f"{prefix}{node.name}", node


def unannotated(function):
    """The parameters without an annotation, and `return` if the result has none."""
    given = function.args
    optional = [part for part in (given.vararg, given.kwarg) if part is not None]
    parameters = [*given.posonlyargs, *given.args, *given.kwonlyargs, *optional]
    found = [
        parameter.arg
        for parameter in parameters
        if parameter.annotation is None and parameter.arg not in ("self", "cls")
    ]
    return [*found, *(["return"] if function.returns is None else [])]


@pytest.mark.parametrize("module", sorted(MODULES))
def test_public_functions_are_annotated(module):
    tree = ast.parse(MODULES[module].read_text())
    missing = {name: unannotated(function) for name, function in public_functions(tree)}
    missing = {name: parts for name, parts in missing.items() if parts}
    assert not missing, f"{module} lacks annotations of {missing}"


def test_what_is_not_annotated_is_found():
    module = """
class Public:
    def method(self, x, *, y: int = 0, **options): ...
    def _private(self, x): ...
    def __call__(self, x: int): ...
class _Private:
    def method(self, x): ...
def function(x: int) -> int: ...
"""
    found = {name: unannotated(node) for name, node in public_functions(ast.parse(module))}
    assert found == {
        "Public.method": ["x", "options", "return"],
        "Public.__call__": ["return"],
        "function": [],
    }
