"""Program of the command `anomaly`; see `keras_vrae_cli/flags/anomaly.py`."""

import sys

from keras_vrae_cli.program import main

if __name__ == "__main__":
    sys.exit(main("anomaly", "keras_vrae.evaluation.anomaly"))
