"""Evaluates the models that `benchmarks.density` trained, for `docs/benchmarks/quality.md`.

    python -m benchmarks.quality --data_dir=DIR --nll_samples=5000 FOLDER...

Each folder gets an `evaluation.json` with a row for each stage: epochs, steps, seconds of training,
and on the 10,000 test images, binarized once, the ELBO, the NLL by importance sampling with its
standard error, and the number of active units. Stages that were evaluated with as many samples are
kept. `--picture` draws how the NLL of all comes down; an `evaluation.json` instead of a folder
is only drawn.
"""

import csv
import json
from pathlib import Path

import keras
import numpy as np
from matplotlib.figure import Figure

import keras_vrae
from benchmarks import harness
from benchmarks.density import BATCH_SIZE, stage_path
from keras_vrae import evaluation
from keras_vrae.datasets.pipeline import binarize
from keras_vrae.files import replacing
from keras_vrae.plots.images import CLASS_COLOURS

TRAINING_IMAGES = 60_000
# Test NLL after 3,280 passes in table 1 of Burda et al., 2016.
PUBLISHED = {
    86.76: "VAE, published",
    85.54: "IWAE, 5 samples, published",
    84.78: "IWAE, 50 samples, published",
}


def read_training(folder):
    """Returns a row for each finished stage, with the seconds and steps from the beginning."""
    with (folder / "training.csv").open(newline="") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    spent, stages = 0, {}
    for row in rows:
        spent += row["seconds"]
        epochs, stage = int(row["epochs"]), int(row["stage"])
        stages[stage] = {
            "stage": stage,
            "epochs": epochs,
            "steps": epochs * TRAINING_IMAGES // BATCH_SIZE,
            "training_seconds": round(spent),
            "training_loss": row["loss"],
        }
    return [row for stage, row in stages.items() if stage_path(folder, stage).exists()]


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
    rows = read_training(folder)
    for row in rows:
        if row["stage"] not in stages:
            continue
        old = known.get(row["stage"], {})
        if old.get("nll_samples") != nll_samples:
            model = keras.saving.load_model(stage_path(folder, row["stage"]), compile=False)
            known[row["stage"]] = {**row, **evaluate(model, x, nll_samples)}
        print(folder.name, json.dumps(known[row["stage"]]), flush=True)
    model = keras.saving.load_model(stage_path(folder, rows[-1]["stage"]), compile=False)
    objective = model.objective
    content = {
        "objective": {"name": type(objective).__name__, **objective.get_config()},
        **harness.describe(),
        "stages": [known[stage] for stage in sorted(known)],
    }
    with replacing(path) as aside:
        aside.write_text(json.dumps(content, indent=2) + "\n")


def draw(contents):
    """Draws the NLL of several trainings as they go on, by passes and by compute.

    Args:
        contents: content of the `evaluation.json` of each.
    """
    figure = Figure(figsize=(10, 4.5), dpi=120, layout="constrained")
    by_passes, by_compute = figure.subplots(1, 2, sharey=True)
    for content, colour, marker in zip(contents, CLASS_COLOURS, "os^Dv", strict=False):
        rows = [row for row in content["stages"] if "nll" in row]
        objective, nll = content["objective"], [row["nll"] for row in rows]
        passes = np.array([row["epochs"] for row in rows])
        for axes, x in (by_passes, passes), (by_compute, passes * objective["num_samples"]):
            axes.plot(x, nll, f"{marker}-", color=colour, label=label(objective))
        by_passes.annotate(
            f"{nll[-1]:.2f}",
            (passes[-1], nll[-1]),
            xytext=(-7, -9),
            textcoords="offset points",
            ha="right",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},  # Hides lines.
        )
    for published, name in PUBLISHED.items():
        by_passes.axhline(published, color="#555555", linestyle=":", linewidth=1)
        by_passes.annotate(name, (1, published), xytext=(2, 3), textcoords="offset points")
    by_passes.set_xlabel("passes over the 60,000 training images")
    by_passes.set_ylabel("test NLL, nats")
    by_compute.set_xlabel("compute: passes x samples of an image in a pass")
    for axes in by_passes, by_compute:
        axes.set_xscale("log")
        axes.set_xlim(0.9, 4500)
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.grid(alpha=0.3)
    by_compute.legend(frameon=False)
    return figure


def label(objective):
    """Returns a short name of an objective, from its settings."""
    if objective["name"] == "ELBO":
        return "ELBO"
    kind = "DReG" if objective["doubly_reparameterized"] else "IWAE"
    return f"{kind}, {objective['num_samples']} samples"


def main():
    """Runs the program."""
    program = harness.Program(
        __doc__, folders=[], data_dir=None, nll_samples=5000, stages=tuple(range(8)), picture=None
    )
    flags = program.flags
    paths = [Path(path) for path in flags.folders]
    folders = [path for path in paths if path.suffix != ".json"]
    if folders:
        x = binarize(keras_vrae.datasets.load("mnist", flags.data_dir).test).x
    for folder in folders:
        evaluate_folder(folder, x, flags.nll_samples, flags.stages)
    if flags.picture:
        stored = [path / "evaluation.json" if path in folders else path for path in paths]
        draw([json.loads(path.read_text()) for path in stored]).savefig(flags.picture)


if __name__ == "__main__":
    main()
