"""Compares finished runs: `python -m keras_vrae.report RUN_DIR... [--output=FOLDER]`."""

import argparse
import sys
from pathlib import Path

from keras_vrae import report
from keras_vrae.validation import SettingError


def is_report(path):
    """Whether a folder holds a report and no run."""
    return Path(path, "report.html").is_file() and not Path(path, "config.json").is_file()


def main():
    """Runs the program and returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m keras_vrae.report", description=__doc__)
    parser.add_argument("run_dirs", nargs="+", metavar="RUN_DIR", help="folder of a finished run")
    parser.add_argument(
        "--output",
        type=Path,
        help="folder for the report (default: <dataset>-comparison beside the first run)",
    )
    arguments = parser.parse_args()
    try:
        # A pattern such as runs/mnist-* matches an earlier report too.
        run_dirs = [path for path in arguments.run_dirs if not is_report(path)]
        folder, _ = report.write(run_dirs, arguments.output)
    except (ValueError, OSError) as error:
        print(f"keras_vrae.report: {error}", file=sys.stderr)
        return 2 if isinstance(error, SettingError) else 1
    print(f"Wrote {folder / 'report.html'}, report.md, comparison.png and validation.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
