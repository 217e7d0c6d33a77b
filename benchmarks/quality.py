"""Evaluates the models that `benchmarks.density` trained, for `docs/benchmarks/quality.md`.

    python -m benchmarks.quality --data_dir=DIR --nll_samples=5000 FOLDER...

Each folder gets an `evaluation.json` with a row for each stage: epochs, steps, seconds of training,
and on the 10,000 test images, binarized once, the ELBO, the NLL by importance sampling with its
standard error, and the number of active units. Stages that were evaluated with as many samples are
kept.
"""

import csv
import json
from pathlib import Path

import keras

import keras_vrae
from benchmarks import harness
from benchmarks.density import BATCH_SIZE, stage_path
from keras_vrae import evaluation
from keras_vrae.datasets.pipeline import binarize
from keras_vrae.files import replacing

STEPS = 60_000 // BATCH_SIZE  # Of a pass.


def read_training(folder):
    """Returns a row for each finished stage by its number, with the seconds from the beginning."""
    spent, stages = 0, {}
    with (folder / "training.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            spent += float(row["seconds"])
            stage, passes = int(row["stage"]), int(row["epochs"])
            stages[stage] = {"stage": stage, "epochs": passes, "steps": passes * STEPS}
            stages[stage] |= {"training_seconds": spent, "training_loss": float(row["loss"])}
    return {stage: row for stage, row in stages.items() if stage_path(folder, stage).exists()}


def evaluate(model, x, nll_samples, seed=0):
    """Returns the test metrics of one model, a dict."""
    estimate = evaluation.importance_nll(model, x, nll_samples, seed)
    bound = evaluation.elbo_estimate(model, x, num_samples=10, seed=seed)
    posterior = model.encode(x)
    return {
        "nll": round(estimate.mean, 4),
        "nll_standard_error": round(estimate.standard_error_of_mean, 4),
        "nll_samples": nll_samples,
        "elbo": round(float(bound["elbo"].mean()), 4),
        "kl": round(float(bound["kl"].mean()), 4),
        "active_units": evaluation.active_units(posterior.z_mean),
        "mutual_information": round(evaluation.mutual_information(*posterior), 4),
    }


def evaluate_folder(folder, x, nll_samples, stages):
    """Evaluates the stages of one training and writes `evaluation.json`."""
    path = folder / "evaluation.json"
    known = json.loads(path.read_text())["stages"] if path.exists() else []
    known = {row["stage"]: row for row in known}
    for stage, row in read_training(folder).items():
        if stage in stages and known.get(stage, {}).get("nll_samples") != nll_samples:
            model = keras.saving.load_model(stage_path(folder, stage), compile=False)
            known[stage] = {**row, **evaluate(model, x, nll_samples)}
            print(folder.name, known[stage], flush=True)
            objective = {"name": type(model.objective).__name__, **model.objective.get_config()}
            rows = [known[stage] for stage in sorted(known)]
            content = {"objective": objective, **harness.describe(), "stages": rows}
            with replacing(path) as aside:
                aside.write_text(json.dumps(content, indent=2) + "\n")


def main():
    """Runs the program."""
    sizes = {"nll_samples": 5000, "stages": tuple(range(8))}
    flags = harness.Program(__doc__, folders=[], data_dir=None, **sizes).flags
    x = binarize(keras_vrae.datasets.load("mnist", flags.data_dir).test).x
    for folder in flags.folders:
        evaluate_folder(Path(folder), x, flags.nll_samples, flags.stages)


if __name__ == "__main__":
    main()
