"""Program of the command `report`; see `keras_vrae_cli/flags/report.py`."""

import sys

from keras_vrae_cli.program import main

if __name__ == "__main__":
    sys.exit(main("report", "keras_vrae.report"))
