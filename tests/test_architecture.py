"""The structure of the package: what may import what, and how large a module may be."""

import ast
import statistics
import subprocess
import sys

import pytest
from conftest import ROOT

PACKAGE = ROOT / "keras_vrae"
# From the ground up. A module imports from lower layers, and from its own folder.
LAYERS = [
    {"atomic", "cores", "numerics", "rows", "validation", "version", "workers"},
    {
        "sampling",
        "likelihoods",
        "schedules",
        "choices",
        "optimizers",
        "scaling",
        "sequences",
        "shards",
    },
    {"objectives", "layers", "mlp"},
    {"encoders", "decoders", "datasets"},
    {"models"},
    {"evaluation", "plots"},
    {"callbacks", "roll_plots", "series_plots", "text_plots", "token_plots"},
    {"training"},
    {"completion", "report", "serving"},
    {"study"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
USES_TENSORFLOW = {
    "training/distribution.py",
    "models/long_calls.py",
    "models/replicas.py",
    "models/vae.py",
    "models/batching.py",
}
USES_TENSORFLOW |= {
    f"serving/{name}.py"
    for name in ("input_checks", "noise", "portability", "signatures", "verification", "warmup")
}
USES_TENSORFLOW |= {"cores.py", "shards.py", "training/environment.py"}
USES_TENSORFLOW |= {"datasets/buckets.py", "datasets/pipeline.py", "datasets/sparse_rows.py"}
USES_TENSORFLOW |= {f"layers/{name}.py" for name in ("cells", "long", "recurrent", "scan")}
USES_TENSORFLOW |= {"encoders/bag.py", "layers/terms.py", "layers/text.py"}
USES_TENSORFLOW |= {
    f"datasets/tfrecord/{name}.py" for name in ("damage", "reading", "records", "writing")
}
USES_TENSORFLOW |= {"optimizers.py", "decoders/stepwise.py"}
LATE = {"sklearn", "tensorflow_datasets", "tensorflow_serving"}

MODULES = {str(path.relative_to(PACKAGE)): path for path in PACKAGE.rglob("*.py")}


def imports(path, at_import_time=False):
    """The modules that a file imports; optionally only those outside functions."""
    tree = ast.parse(path.read_text())
    nodes = ast.walk(tree)
    if at_import_time:
        nodes = tree.body
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            if node.module == "keras_vrae":
                yield from (f"keras_vrae.{alias.name}" for alias in node.names)
            else:
                yield node.module


def family(module):
    """The part of the package that a file belongs to."""
    return module.split("/")[0].removesuffix(".py")


def is_program(module):
    """Whether a module is run and never imported, so that it may import everything."""
    return module.endswith("__main__.py")


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"__init__.py"}))
def test_imports_point_down(module):
    for imported in imports(MODULES[module]):
        parts = imported.split(".")
        if parts[0] != "keras_vrae" or parts[1] == "__version__" or parts[1] == family(module):
            continue
        assert parts[-1] != "__main__", f"{module} imports a program"
        if is_program(module):
            continue
        assert LEVEL[parts[1]] < LEVEL[family(module)], f"{module} imports {imported}"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_heavy_packages_are_imported_where_they_are_needed(module):
    for imported in imports(MODULES[module]):
        if imported.split(".")[0] == "tensorflow":
            assert module in USES_TENSORFLOW
        assert not imported.startswith("absl"), "flags belong to the programs"
    for imported in imports(MODULES[module], at_import_time=True):
        assert imported.split(".")[0] not in LATE


@pytest.mark.slow
def test_importing_the_package_loads_no_package_that_keras_does_not():
    def loaded(package):
        script = f"import sys, {package}; print(*sys.modules)"
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        names = {name.split(".")[0] for name in done.stdout.split()}
        return names - set(sys.stdlib_module_names)

    assert loaded("keras_vrae") - loaded("keras") == {"keras_vrae"}


def test_modules_are_small():
    lengths = [len(path.read_text().splitlines()) for path in MODULES.values()]
    assert max(lengths) <= 350
    assert statistics.median(lengths) < 180
