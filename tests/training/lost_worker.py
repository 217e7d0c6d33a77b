"""One process of a cluster that trains; see test_lost_worker.py.

    python lost_worker.py FOLDER [STEP]

TF_CONFIG says which worker this is. With STEP it kills itself when that step begins.
"""

import sys

from short_runs import shorten

from keras_vrae.backend import one_thread_per_operation
from keras_vrae.training import ExperimentConfig, train_and_evaluate
from keras_vrae.validation import DataError

SETTINGS = {"encoder": "gru", "hidden_units": 8, "batch_size": 256, "epochs": 4}


def main(folder, step=None):
    one_thread_per_operation()
    shorten(step)
    config = ExperimentConfig(strategy="multi_worker", **SETTINGS)
    try:
        train_and_evaluate(config, folder, resume=True)
    except DataError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
