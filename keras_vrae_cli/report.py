"""Report on finished runs."""

import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_vrae import report


def run(values: Mapping[str, Any]) -> None:
    """Writes the report.

    Args:
        values: values of `keras_vrae_cli.flags.report`, a dict.
    """
    # A pattern such as runs/mnist-* matches an earlier report too.
    run_dirs = [path for path in values["arguments"] if not _is_report(Path(path))]
    output = values["output"]
    folder, _ = report.write(run_dirs, None if output is None else Path(output))
    page = folder / "report.html"
    print(f"Wrote {page}, report.md, comparison.png and validation.png")
    if values["open"] and not webbrowser.open(page.resolve().as_uri()):
        print("No web browser was found; open the file by hand")


def _is_report(folder):
    """Returns whether a folder holds a report instead of a run."""
    return (folder / "report.html").is_file() and not (folder / "config.json").is_file()
