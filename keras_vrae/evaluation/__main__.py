"""Program of the command `evaluate`; see `keras_vrae_cli/flags/evaluate.py`."""

import sys

from keras_vrae_cli.program import main

if __name__ == "__main__":
    sys.exit(main("evaluate", "keras_vrae.evaluation"))
