"""Program of the command `export`; see `keras_vrae_cli/flags/export.py`."""

import sys

from keras_vrae_cli.program import main

if __name__ == "__main__":
    sys.exit(main("export", "export"))
