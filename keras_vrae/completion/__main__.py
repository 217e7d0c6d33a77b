"""Program of the command `complete`; see `keras_vrae_cli/flags/complete.py`."""

import sys

from keras_vrae_cli.program import main

if __name__ == "__main__":
    sys.exit(main("complete", "keras_vrae.completion"))
