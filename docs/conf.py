"""Settings of the manual, which `sphinx-build -W docs FOLDER` builds."""

import inspect
import re
import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.inspect import stringify_signature

import keras_vrae

sys.path.insert(0, str(Path(__file__).parent))

project = "keras_vrae"
author = copyright = "The keras_vrae developers"
version = release = keras_vrae.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "flags_directive",
]
exclude_patterns = ["extra", "static"]
# Names in single backticks are code, and links where they name something of this package.
default_role = "py:obj"

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
# Comments in pages hold the recipes of tables; they are for `benchmarks/pages.py`.
myst_url_schemes = ("http", "https")
# An example of JSON has NaN, as servers write it.
suppress_warnings = ["misc.highlighting_failure"]

# Each build executes the notebooks, and stops at an error.
nb_execution_mode = "force"
nb_execution_timeout = 300
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_output_stderr = "remove"  # Messages of TensorFlow about the machine.

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_preserve_defaults = True
# What only repeats Keras's docstrings is left out.
autodoc_inherit_docstrings = False
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"keras_vrae {release}"
html_static_path = ["static"]
html_css_files = ["manual.css"]
html_extra_path = ["extra"]
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = False


def mend_names(app, what, name, object, options, lines):
    """Lets docstrings write `Name`s and `.csv`, which reStructuredText reads as something else."""
    for number, line in enumerate(lines):
        line = re.sub(r"(?<=\w)`(?=[a-z])", r"`\\ ", line)
        lines[number] = re.sub(r"(?<![^\s(\[])`(\.[^`\s]+)`", r"``\1``", line)


def skip_others(app, what, name, object, skip, options):
    """Leaves out what a class has from Keras or scikit-learn, or for a backend."""
    function = getattr(object, "fget", object)
    module = getattr(function, "__module__", None) or "keras_vrae"
    return skip or not module.startswith("keras_vrae") or module.startswith("keras_vrae.backend.")


def show_arguments(app, what, name, object, options, signature, annotation):
    """Shows the arguments of a Keras object, whose `__new__` has others than its `__init__`."""
    if what == "class" and signature == "(*args, **kwargs)":
        found = inspect.signature(object.__init__)
        found = found.replace(parameters=list(found.parameters.values())[1:])
        signature = stringify_signature(found, show_annotation=False)
    return signature, annotation


def setup(app: Sphinx) -> None:
    """Registers what chooses members, and changes their signatures and docstrings."""
    app.connect("autodoc-process-docstring", mend_names)
    app.connect("autodoc-process-signature", show_arguments)
    app.connect("autodoc-skip-member", skip_others)
