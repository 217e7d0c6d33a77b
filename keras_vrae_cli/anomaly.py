"""Scores of sequences for anomalies."""

import csv
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_vrae import sequences
from keras_vrae.batch import NO_LABEL
from keras_vrae.datasets import Splits, unseen
from keras_vrae.datasets.pipeline import binarize
from keras_vrae.evaluation.anomaly import (
    anomaly_metrics,
    anomaly_scores,
    importance_scores,
    pca_scores,
    random_scores,
)
from keras_vrae.files import replacing
from keras_vrae.models import VAE
from keras_vrae.training import ExperimentConfig
from keras_vrae.training.data import load_with_data, open_finished
from keras_vrae.validation import SettingError, complaint


class Scored(NamedTuple):
    """Sequences to score: the rows of `unseen.Unseen`, or of the run's test part."""

    inputs: Any
    names: list[str]
    starts: list[int]
    labels: list[str | None] | None


def run(values: Mapping[str, Any]) -> None:
    """Scores sequences, writes the tables once all is done, and prints a summary.

    Args:
        values: values of `keras_vrae_cli.flags.anomaly`, a dict.
    """
    check(values)
    (run_dir,) = values["arguments"]
    finished, config = open_finished(run_dir, values["data_dir"])
    if config.is_text:
        raise SettingError(complaint("run_dir", "a run on sequences or images", str(finished)))
    model, splits = load_with_data(finished, config)
    train = binarize(splits.train) if config.binarization == "dynamic" else splits.train
    scored = read_scored(values["data"], config, model, splits)
    truth = truth_of(values["anomalies"], scored.labels)
    options = {"seed": values["seed"]}
    if values["num_samples"] is not None:
        options["num_samples"] = values["num_samples"]
    function = anomaly_scores if values["score"] == "elbo" else importance_scores
    inputs = train.inputs, scored.inputs
    normal, found = (function(model, x, **options) for x in inputs)
    threshold = float(np.quantile(normal.per_example, values["quantile"]))
    above = found.per_example > threshold
    printed: dict[str, Any] = {
        "sequences": len(above),
        "threshold": threshold,
        "above": int(above.sum()),
    }
    if truth is not None:
        scores = {values["score"]: (normal.per_example, found.per_example)}
        if config.likelihood != "categorical":
            scores["pca"] = pca_scores(*inputs)
        scores["random"] = random_scores(*inputs, seed=values["seed"])
        labelled = ~np.isnan(truth)
        printed["metrics"] = {
            name: anomaly_metrics(first, rest[labelled], truth[labelled] == 1, values["quantile"])
            for name, (first, rest) in scores.items()
        }
    write_scores(values["output"], scored, found.per_example, above)
    if values["steps"] is not None and found.per_step is not None:
        write_steps(values["steps"], scored, found.per_step)
    print(json.dumps(printed, indent=2))


def check(values: Mapping[str, Any]) -> None:
    """Raises `SettingError` for flags that do not fit each other."""
    if values["steps"] is not None and values["score"] == "nll":
        raise SettingError(complaint("steps", "left out with score='nll'", values["steps"]))


def read_scored(source: str | None, config: ExperimentConfig, model: VAE, splits: Splits) -> Scored:
    """Returns the sequences to score, `Scored`, from files or the test part."""
    if source is None:
        test = splits.test.in_memory()
        names = [f"test example {number}" for number in range(test.size)]
        class_of = {NO_LABEL: None, **dict(enumerate(splits.spec.class_names))}
        labels = [class_of[number] for number in test.y.tolist()]
        labels = labels if splits.spec.num_classes > 1 else None
        return Scored(test.inputs, names, [0] * len(names), labels)
    if not config.is_series:
        expected = f"left out for a run on {config.dataset}"
        raise SettingError(complaint("data", expected, source))
    return Scored(*unseen.read_sequences(source, model.event_shape, *config.reading))


def truth_of(anomalies: Sequence[str] | None, labels: Sequence[Any] | None) -> np.ndarray | None:
    """Returns 1.0 per sequence whose label means an anomaly, else 0.0, and NaN without a label.

    None if `anomalies` is None.
    """
    if anomalies is None:
        return None
    known = sorted(set(labels or []) - {None})
    if not set(anomalies) <= set(known) or len(set(anomalies)) == len(known):
        expected = f"some, and not all, of the labels {known}, with commas"
        raise SettingError(complaint("anomalies", expected, ",".join(anomalies)))
    found = [math.nan if label is None else float(label in anomalies) for label in labels or ()]
    return np.array(found)


def write_scores(path: str | Path, scored: Scored, scores: np.ndarray, above: np.ndarray) -> None:
    """Writes a table with a row per sequence."""
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


def write_steps(path: str | Path, scored: Scored, scores: np.ndarray) -> None:
    """Writes a table with a row per time step."""
    rows = (
        (name, start + step, float(row[step]))
        for name, start, row in zip(scored.names, scored.starts, scores, strict=True)
        for step in np.flatnonzero(~np.isnan(row)).tolist()
    )
    write_table(path, ("series", "step", "score"), rows)


def write_table(path: str | Path, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Writes a .csv file, whole or not at all."""
    with replacing(path) as aside, aside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
