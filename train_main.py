"""Trains a variational autoencoder: `python train_main.py --help` shows every setting."""

import sys

from keras_vrae_cli.program import main

if __name__ == "__main__":
    sys.exit(main("train", "train_main.py"))
