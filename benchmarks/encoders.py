"""How long training takes with each encoder: `python -m benchmarks.encoders`.

The encoders take turns, a few steps each, for several rounds, so that a slow moment of the machine
meets all of them. Printed and stored are medians over the rounds, with the middle half of them.
Training goes through `fit` and the pipeline of the program.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from keras_vrae import datasets
from keras_vrae.datasets.pipeline import training_batches
from keras_vrae.encoders import ENCODERS
from keras_vrae.training import ExperimentConfig, environment
from keras_vrae.training.build import make_model


def measure(config, rounds, steps):
    """Seconds a training step for each encoder, a list over the rounds.

    Args:
        config: settings of an `ExperimentConfig`, a dict; each encoder is added in turn.
        rounds: number of rounds.
        steps: training steps of each encoder in a round.

    Returns:
        `(seconds, splits)`: a dict from encoder to list, and the data.
    """
    splits = datasets.load(config["dataset"], config["data_dir"])
    turns = {}
    for encoder in ENCODERS:
        settings = ExperimentConfig(encoder=encoder, **config)
        batches = training_batches(
            splits.train, settings.batch_size, settings.seed, 0, settings.binarization
        )
        turns[encoder] = make_model(settings, splits), batches
    seconds = {encoder: [] for encoder in turns}
    for number in range(rounds + 1):  # The first round compiles and is not counted.
        for encoder, (model, batches) in turns.items():
            begin = time.perf_counter()
            model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)
            if number:
                seconds[encoder].append((time.perf_counter() - begin) / steps)
    return seconds, splits


def summarize(seconds, examples, batch_size):
    """The figures of each encoder: medians, quartiles, and the ratio to dense round by round."""
    steps = -(-examples // batch_size)
    result = {}
    for encoder, values in seconds.items():
        ratios = np.array(values) / np.array(seconds["dense"])
        low, middle, high = np.percentile(values, [25, 50, 75])
        result[encoder] = {
            "seconds_per_epoch": round(middle * steps, 2),
            "quartiles": [round(low * steps, 2), round(high * steps, 2)],
            "examples_per_second": round(batch_size / middle, 1),
            "time_relative_to_dense": round(float(np.median(ratios)), 2),
        }
    return result


def main():
    """Runs the program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.encoders", description=__doc__)
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--data_dir")
    parser.add_argument("--batch_size", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--output", type=Path, help="file for the figures, as JSON")
    flags = parser.parse_args()
    config = {key: getattr(flags, key) for key in ("dataset", "data_dir", "batch_size")}
    seconds, splits = measure(config, flags.rounds, flags.steps)
    figures = summarize(seconds, splits.train.size, flags.batch_size)
    for encoder, row in figures.items():
        low, high = row["quartiles"]
        print(
            f"{encoder:6} {row['seconds_per_epoch']:8.2f} s an epoch ({low:.2f} to {high:.2f}), "
            f"{row['examples_per_second']:9,.1f} examples/s, "
            f"{row['time_relative_to_dense']:.2f} times dense"
        )
    if flags.output:
        report = {
            "dataset": flags.dataset,
            "batch_size": flags.batch_size,
            "rounds": flags.rounds,
            "steps_per_round": flags.steps,
            "device": environment.device(),
            "versions": environment.versions(),
            "encoders": figures,
        }
        flags.output.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
