"""All commands: `python -m keras_vrae COMMAND`, the same as `keras-vrae COMMAND`."""

import sys

from keras_vrae_cli.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
