"""Program of the command `tfrecord`; see `keras_vrae_cli/flags/tfrecord.py`."""

import sys

from keras_vrae_cli.program import main

if __name__ == "__main__":
    sys.exit(main("tfrecord", "keras_vrae.datasets.tfrecord"))
