"""Program of the command `client`; see `keras_vrae_cli/client.py`."""

import sys

from keras_vrae_cli.client import main

if __name__ == "__main__":
    sys.exit(main())
