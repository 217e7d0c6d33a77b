"""Runs that may kill themselves; see test_killed_run.py.

python killed_run.py [--step=STEP] FOLDER...
"""

import sys

from short_runs import shorten

from keras_vrae.training import ExperimentConfig, train_and_evaluate

SETTINGS = {"encoder": "gru", "hidden_units": 16, "epochs": 3, "likelihood": "bernoulli"}
SETTINGS |= {"kl_schedule": "cyclical", "checkpoint_every": "7 steps"}


def main(*arguments):
    folders = [argument for argument in arguments if not argument.startswith("--step=")]
    shorten(*(argument.removeprefix("--step=") for argument in set(arguments) - set(folders)))
    for folder in folders:
        train_and_evaluate(ExperimentConfig(**SETTINGS), folder, resume=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
