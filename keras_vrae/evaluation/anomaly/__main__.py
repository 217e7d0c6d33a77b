"""Scores sequences by how little a finished run's model expects them.

    python -m keras_vrae.evaluation.anomaly RUN_DIR --data=FILE --output=scores.csv

A row a sequence: its score, in nats a step, and whether that is above the threshold, a quantile of
the scores of the run's training part. With --anomalies the scores are compared with the truth, and
with principal components and random scores.
"""

import argparse
import csv
import json
import sys
from typing import Any, NamedTuple

import numpy as np

from keras_vrae import sequences
from keras_vrae.datasets import unseen
from keras_vrae.datasets.pipeline import binarize
from keras_vrae.evaluation.anomaly import (
    anomaly_figures,
    anomaly_scores,
    importance_scores,
    pca_scores,
    random_scores,
)
from keras_vrae.files import replacing
from keras_vrae.training.data import load_with_data, read_config
from keras_vrae.training.run_directory import RunDirectory
from keras_vrae.validation import (
    SettingError,
    check_choice,
    check_float,
    check_int,
    check_new_file,
    complaint,
)

SCORES = ("elbo", "nll")


class Scored(NamedTuple):
    """What is scored: the rows of `unseen.Unseen`, or of the run's test part."""

    inputs: Any
    names: list
    starts: list
    labels: Any


def make_parser():
    """The flags."""
    description, *_ = __doc__.splitlines()
    parser = argparse.ArgumentParser(
        prog="python -m keras_vrae.evaluation.anomaly", description=description
    )
    parser.add_argument("run_dir", metavar="RUN_DIR", help="folder of a finished run")
    parser.add_argument(
        "--data",
        help="sequences to score: .csv, .npz, .parquet, .ts or .mid file, or folder of MIDI files "
        "(default: the run's test part)",
    )
    parser.add_argument("--output", default="scores.csv", help="default: %(default)s")
    parser.add_argument("--steps", metavar="FILE", help="a second .csv file, a row a time step")
    parser.add_argument(
        "--score",
        default="elbo",
        help="elbo: the negative lower bound; nll: importance sampling, of whole sequences alone "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--num_samples", type=int, help="samples of each sequence (default: 10, of nll 500)"
    )
    parser.add_argument(
        "--quantile",
        type=float,
        default=0.95,
        help="of the training scores, the threshold (default: %(default)s)",
    )
    parser.add_argument(
        "--anomalies", metavar="LABELS", help="labels of the data that are anomalies, with commas"
    )
    parser.add_argument("--seed", type=int, default=0, help="fixes all that is drawn")
    parser.add_argument("--data_dir", help="folder of the run's data (default: that of the run)")
    return parser


def check(arguments):
    """Raises `SettingError` for what can be seen to be wrong before anything is loaded."""
    check_choice("score", arguments.score, SCORES)
    if arguments.num_samples is not None:
        check_int("num_samples", arguments.num_samples)
    check_float("quantile", arguments.quantile, maximum=1.0)
    check_int("seed", arguments.seed, minimum=0)
    check_new_file("output", arguments.output, (".csv",))
    if arguments.steps is not None:
        check_new_file("steps", arguments.steps, (".csv",))
        if arguments.score == "nll":
            raise SettingError(complaint("steps", "left out with score='nll'", arguments.steps))


def read_scored(arguments, config, model, splits):
    """The sequences to score, `Scored`."""
    if arguments.data is None:
        test = splits.test.in_memory()
        names = [f"test example {number}" for number in range(test.size)]
        labels = [splits.spec.class_names[number] for number in test.y]
        labels = labels if splits.spec.num_classes > 1 else None
        return Scored(test.inputs, names, [0] * len(names), labels)
    if not config.is_series:
        expected = f"left out for a run on {config.dataset}"
        raise SettingError(complaint("data", expected, arguments.data))
    options = config.missing, config.window, config.stride
    return Scored(*unseen.read_sequences(arguments.data, model.event_shape, *options))


def truth_of(arguments, labels):
    """Whether each sequence is an anomaly, or None where that is not asked."""
    if arguments.anomalies is None:
        return None
    anomalies, known = arguments.anomalies.split(","), sorted(set(labels or []))
    if not set(anomalies) <= set(known) or len(set(anomalies)) == len(known):
        expected = f"some, and not all, of the labels {known}, with commas"
        raise SettingError(complaint("anomalies", expected, arguments.anomalies))
    return np.isin(labels, anomalies)


def compare(scores, inputs, truth, arguments, config):
    """Figures of each way to score, a dict; `scores` and `inputs` are pairs, training first."""
    ways = {arguments.score: scores}
    if config.likelihood != "categorical":
        ways["pca"] = pca_scores(*inputs)
    ways["random"] = random_scores(*inputs, seed=arguments.seed)
    return {name: anomaly_figures(*pair, truth, arguments.quantile) for name, pair in ways.items()}


def run(arguments):
    """Scores, and writes the files once all is done. Returns what to print, a dict."""
    check(arguments)
    finished = RunDirectory(arguments.run_dir)
    finished.read_json(finished.metrics_path)
    config = read_config(finished, arguments.data_dir)
    if config.is_text:
        raise SettingError(complaint("run_dir", "a run on sequences or images", str(finished)))
    model, splits = load_with_data(finished, config)
    train = binarize(splits.train) if config.binarization == "dynamic" else splits.train
    scored = read_scored(arguments, config, model, splits)
    truth = truth_of(arguments, scored.labels)
    options = {"seed": arguments.seed}
    if arguments.num_samples is not None:
        options["num_samples"] = arguments.num_samples
    function = anomaly_scores if arguments.score == "elbo" else importance_scores
    inputs = train.inputs, scored.inputs
    normal, found = (function(model, x, **options) for x in inputs)
    threshold = float(np.quantile(normal.per_example, arguments.quantile))
    above = found.per_example > threshold
    printed = {"sequences": len(above), "threshold": threshold, "above": int(above.sum())}
    if truth is not None:
        scores = normal.per_example, found.per_example
        printed["figures"] = compare(scores, inputs, truth, arguments, config)
    write_scores(arguments.output, scored, found.per_example, above)
    if arguments.steps is not None:
        write_steps(arguments.steps, scored, found.per_step)
    return printed


def write_scores(path, scored, scores, above):
    """A row a sequence."""
    steps = sequences.array_of(scored.inputs).shape[1]
    padded = sequences.is_padded(scored.inputs)
    lengths = scored.inputs["lengths"] if padded else [steps] * len(scores)
    columns = {
        "series": scored.names,
        "start": scored.starts,
        "steps": map(int, lengths),
        "score": map(float, scores),
        "above_threshold": map(int, above),
    }
    if scored.labels:
        columns["label"] = scored.labels
    write_table(path, columns, zip(*columns.values(), strict=True))


def write_steps(path, scored, scores):
    """A row a time step."""
    rows = (
        (name, start + step, float(row[step]))
        for name, start, row in zip(scored.names, scored.starts, scores, strict=True)
        for step in np.flatnonzero(~np.isnan(row)).tolist()
    )
    write_table(path, ("series", "step", "score"), rows)


def write_table(path, header, rows):
    """A table, whole or not at all."""
    with replacing(path) as aside, aside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def main():
    """Runs the program and returns its exit status."""
    arguments = make_parser().parse_args()
    try:
        printed = run(arguments)
    except (ValueError, OSError) as error:
        print("keras_vrae.evaluation.anomaly:", " ".join(str(error).split()), file=sys.stderr)
        return 2 if isinstance(error, SettingError) else 1
    print(json.dumps(printed, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
