"""Codes that come with defaults alone, compared with principal components.

    python -m benchmarks.defaults --output=docs/benchmarks/defaults.json
    python -m benchmarks.defaults --way=embedder --output=docs/benchmarks/embedder-defaults.json

Trains the model of `keras-vrae train`, or a `VAEEmbedder`, on small sets of time series, without
any setting but the seed, and measures what its codes know of the labels: accuracy of the nearest
neighbours and of a logistic regression, compared with as many principal components of the same
training part. The sets are three kinds of sines, made here, and sets that come with aeon, with
their official parts. `--settings` takes a JSON object of other settings, to choose defaults by.
"""

import json
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA

from benchmarks import harness
from benchmarks.sequences import official
from keras_vrae import datasets, evaluation
from keras_vrae.evaluation.anomaly.baselines import flat_features
from keras_vrae.sklearn import VAEEmbedder
from keras_vrae.training import ExperimentConfig, train_and_evaluate
from keras_vrae.training.data import prepare_data

KEPT = ("knn_accuracy", "linear_probe_accuracy", "elbo")
SETS = ("sines", "JapaneseVowels", "ItalyPowerDemand", "ArrowHead", "GunPoint", "digits")


def write_sines(path, count=120, steps=50):
    """Writes series of two channels, a sine and a cosine, of one, two or three periods each."""
    rng = np.random.default_rng(0)
    y = np.arange(count) % 3
    t = np.linspace(0, 2 * np.pi, steps)
    angles = (y[:, np.newaxis] + 1) * t + rng.uniform(0, 2 * np.pi, (count, 1))
    np.savez(path, x=np.stack([np.sin(angles), np.cos(angles)], axis=2).astype("float32"), y=y)


def name_of(dataset, folder):
    """The name of a set as the program takes it."""
    if dataset == "sines":
        path = folder / "sines.npz"
        write_sines(path)
        return f"timeseries:{path}"
    return dataset if dataset == "digits" else f"timeseries:{dataset}"


def accuracies(train, test, splits, rows):
    """Accuracies of codes of both parts, a dict."""
    pairs = (train, rows.y), (test, splits.test.y)
    return {
        "knn_accuracy": evaluation.knn_accuracy(*pairs),
        "linear_probe_accuracy": evaluation.linear_probe_accuracy(*pairs),
    }


def of_principal_components(splits, rows, size):
    """The accuracies of so many principal components."""
    train, test = flat_features(rows.inputs, splits.test.inputs)
    pca = PCA(size).fit(train)
    return accuracies(pca.transform(train), pca.transform(test), splits, rows)


def by_program(dataset, seed, settings, folder):
    """The accuracies of a run of the program."""
    config = ExperimentConfig(dataset=dataset, seed=seed, **settings)
    metrics = train_and_evaluate(config, Path(folder, f"{config.name}-{seed}"))
    kept = {
        name: metrics["test"][name] for name in ("knn_accuracy", "linear_probe_accuracy", "elbo")
    }
    return {**kept, "epochs": metrics["epochs"], "seconds": metrics["train_seconds"]}


def by_embedder(dataset, seed, settings, folder):
    """The accuracies of an estimator, which sets part of its examples aside by itself."""
    splits, rows = parts_of(dataset, "embedder", settings)
    begin = time.perf_counter()
    embedder = VAEEmbedder(random_state=seed, **settings)
    train = embedder.fit_transform(rows.inputs)
    seconds = round(time.perf_counter() - begin, 1)
    found = accuracies(train, embedder.transform(splits.test.inputs), splits, rows)
    return {**found, "updates": embedder.n_updates_, "seconds": seconds}


def parts_of(dataset, way, settings):
    """The splits of a set, and the part that codes are learned from."""
    if way == "program":
        splits = prepare_data(ExperimentConfig(dataset=dataset, **settings))
        return splits, splits.train
    splits = datasets.load(dataset)
    return splits, official(splits)


WAYS = {"program": by_program, "embedder": by_embedder}


def main():
    """Runs the program."""
    program = harness.Program(__doc__, way="program", sets=SETS, seeds=3, settings="{}")
    flags, found = program.flags, []
    settings = json.loads(flags.settings)
    with tempfile.TemporaryDirectory() as folder:
        for name in flags.sets:
            dataset = name_of(name, Path(folder))
            size = settings.get("latent_dim", 2 if flags.way == "program" else 8)
            components = of_principal_components(*parts_of(dataset, flags.way, settings), size)
            row = {"set": name, "components": components, "codes": []}
            found.append(row)
            for seed in range(flags.seeds):
                row["codes"].append(WAYS[flags.way](dataset, seed, settings, folder))
                print("RESULT", name, row["codes"][-1], components, flush=True)
                program.save({"way": flags.way, "settings": settings, "sets": found})


if __name__ == "__main__":
    main()
