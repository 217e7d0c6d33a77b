"""The structure of the package: the directions of imports, and the places of TensorFlow."""

import ast
import subprocess
import sys

import pytest
from conftest import ROOT

PACKAGE = ROOT / "keras_vrae"
# From the ground up. A module imports from lower floors, and from its own folder.
FLOORS = [
    {"version", "types"},
    {"validation", "batch"},
    {"files", "sequences", "families"},
    {"backend"},
    {"numerics"},
    {"optimizers", "layers", "likelihoods"},
    {"priors", "objectives"},
    {"encoders"},
    {"decoders", "datasets"},
    {"models"},
    {"evaluation", "plots"},
    {"callbacks"},
    {"training"},
    {"report", "serving", "sklearn"},
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
# Folders in which TensorFlow may be imported; anywhere else a comment gives the reason.
TENSORFLOW = ("backend/tensorflow/", "serving/", "datasets/tfrecord/", "datasets/pipeline/")
TENSORFLOW_WITH_A_REASON = ("training/distribution.py", "training/environment.py")
LATE = {"aeon", "matplotlib", "pandas", "sklearn", "tensorflow_datasets", "tensorflow_serving"}
DRAWS = ("plots/", "report/")  # What draws may import matplotlib when it is imported.
ESTIMATORS = "sklearn.py"  # Its classes are subclasses of those of scikit-learn.

MODULES = {str(path.relative_to(PACKAGE)): path for path in PACKAGE.rglob("*.py")}


def imports(path, at_import_time=False):
    """The modules that a file imports; optionally only those outside functions."""
    tree = ast.parse(path.read_text())
    # What is imported for annotations alone is not imported when the package runs.
    kept = [node for node in tree.body if not is_for_annotations(node)]
    for node in kept if at_import_time else (part for root in kept for part in ast.walk(root)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            if node.module == "keras_vrae":
                yield from (f"keras_vrae.{alias.name}" for alias in node.names)
            else:
                yield node.module


def is_for_annotations(node):
    """Returns True if a statement is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def room(module):
    """The part of the package that a file belongs to."""
    return module.split("/")[0].removesuffix(".py")


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"__init__.py", "public.py"}))
def test_imports_point_down(module):
    for imported in imports(MODULES[module]):
        parts = imported.split(".")
        if parts[0] == "keras_vrae_cli":
            assert module.endswith("__main__.py"), f"{module} imports a program"
        if parts[0] != "keras_vrae" or parts[1] == "__version__" or parts[1] == room(module):
            continue
        assert parts[-1] != "__main__", f"{module} imports a program"
        assert FLOOR[parts[1]] < FLOOR[room(module)], f"{module} imports {imported}"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_heavy_packages_are_imported_where_they_are_needed(module):
    for imported in imports(MODULES[module]):
        if imported.split(".")[0] == "tensorflow":
            assert module.startswith(TENSORFLOW) or module in TENSORFLOW_WITH_A_REASON
        assert not imported.startswith("absl"), "flags belong to the programs"
    allowed = {"matplotlib"} if module.startswith(DRAWS) else set()
    allowed |= {"sklearn"} if module == ESTIMATORS else set()
    for imported in imports(MODULES[module], at_import_time=True):
        assert imported.split(".")[0] not in LATE - allowed


def test_nothing_outside_the_backend_imports_from_inside_it():
    for module, path in MODULES.items():
        if module.startswith(("backend/", "datasets/pipeline/", "datasets/tfrecord/")):
            continue
        inside = [name for name in imports(path) if name.startswith("keras_vrae.backend.")]
        assert not inside, f"{module} imports {inside}"


def test_private_parts_of_keras_and_tensorflow_are_used_behind_the_wall_alone():
    names = (
        "_flatten_layers",
        "_maybe_symbolic_build",
        "_get_metrics_result_or_logs",
        "_momentums",
        "_velocities",
        "_get_variable_index",
        "_clip_gradients",
        "_all_reduce_sum_gradients",
        "_in_multi_worker_mode",
        "_distribute_strategy",
        "GraphOrParentsInXlaContext",
        "tensorflow.python",
        "keras.src",
        "_allow_non_tensor_positional_args",
    )
    for module, path in MODULES.items():
        if not module.startswith("backend/"):
            # Of a layer that takes strings, which Keras has no public way to allow.
            allowed = module == "layers/text.py"
            found = [name for name in names if name in path.read_text() and not allowed]
            assert not found, f"{module} uses {found}"


def test_the_model_is_short():
    assert len(MODULES["models/vae.py"].read_text().splitlines()) < 200


@pytest.mark.slow
def test_importing_the_package_loads_no_package_that_keras_does_not():
    script = "import sys, keras; print(*sys.modules); import keras_vrae; print(*sys.modules)"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    keras, both = (
        {name.split(".")[0] for name in line.split()} for line in done.stdout.splitlines()
    )
    assert both - keras - set(sys.stdlib_module_names) == {"keras_vrae"}
