"""A run that may kill itself; see test_killed_run.py. `python killed_run.py FOLDER [STEP]`"""

import sys

from short_runs import shorten

from keras_vrae.training import ExperimentConfig, train_and_evaluate

SETTINGS = {"encoder": "gru", "hidden_units": 16, "epochs": 3, "likelihood": "bernoulli"}
SETTINGS |= {"kl_schedule": "cyclical", "checkpoint_every": "7 steps"}


def main(folder, step=None):
    shorten(step)
    train_and_evaluate(ExperimentConfig(**SETTINGS), folder, resume=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
