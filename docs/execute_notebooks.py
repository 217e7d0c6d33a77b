"""Executes the notebooks of the manual and stores their outputs.

    python docs/execute_notebooks.py sequences.ipynb

Without a name, all are executed. Building the manual executes them too, but leaves the files as
they are.
"""

import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent / "notebooks"


def execute(path: Path) -> None:
    """Executes a notebook and replaces its outputs."""
    notebook = nbformat.read(path, as_version=4)
    begin = time.perf_counter()
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": path.parent}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # Times of day, which differ in each run.
        # Messages of TensorFlow about the machine, which depend on it.
        if cell.cell_type == "code":
            cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, path)
    print(f"{path.name}: {time.perf_counter() - begin:.0f} seconds")


if __name__ == "__main__":
    names = sys.argv[1:] or sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
    for name in names:
        execute(NOTEBOOKS / name)
