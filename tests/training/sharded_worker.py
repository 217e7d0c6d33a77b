"""One process of a cluster that trains on shards; see test_sharded_workers.py.

    python sharded_worker.py WORKER SHARDS...

For each number of shards it trains on those in a folder of that name. TF_CONFIG says which worker
this is; without it there is but one.
"""

import os
import sys

import numpy as np

from keras_vrae.datasets.pipeline import steps_in_epoch
from keras_vrae.training import ExperimentConfig, distribution, environment
from keras_vrae.training.build import make_model
from keras_vrae.training.callbacks import RunRecorder
from keras_vrae.training.checkpoints import Progress
from keras_vrae.training.data import prepare_data
from keras_vrae.training.loop import fit
from keras_vrae.training.run_directory import RunDirectory
from keras_vrae.training.termination import Termination

SETTINGS = {"encoder": "dense", "hidden_units": 4, "batch_size": 16, "epochs": 2}


def main(worker, *shards):
    """Trains on each set of shards."""
    strategy = "multi_worker" if "TF_CONFIG" in os.environ else "none"
    made = distribution.make(strategy)
    for number in shards:
        train(strategy, made, f"tfrecord:{number}/*.tfrecord", f"{number}-{worker}.npz")


def train(strategy, made, dataset, output):
    """Trains without the noise of q(z|x), and writes weights and history."""
    config = ExperimentConfig(
        dataset=dataset,
        strategy=strategy,
        likelihood="gaussian",
        binarization="none",
        nll_samples=0,
        **SETTINGS,
    )
    splits = prepare_data(config)
    with environment.numerics(config), distribution.scope(made):
        model = make_model(config, splits)
        model.optimizer.epsilon = 1e-2  # Else Adam takes whole steps where gradients are rounding.
        model.encoder.z_log_var_head.set_weights([np.zeros((4, 2)), np.full(2, -20.0)])
        model.encoder.z_log_var_head.trainable = False
    run = RunDirectory(output + ".run")
    run.prepare()
    with Termination() as termination:
        steps = steps_in_epoch(splits.train, config.batch_size)
        recorder = RunRecorder(run, config, steps, Progress(), termination)
        fit(model, splits, config, recorder)
    rows = [[row[name] for name in sorted(row) if name != "seconds"] for row in recorder.rows]
    weights = np.concatenate([weights.ravel() for weights in model.get_weights()])
    np.savez(output, weights=weights, history=rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
