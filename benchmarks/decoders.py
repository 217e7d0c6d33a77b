"""MNIST row by row: a recurrent decoder beside a dense one, behind the same recurrent encoder.

    python -m benchmarks.decoders --data_dir=DIR --runs=FOLDER

Trains what `train_main.py` would (a run that FOLDER holds already is not trained again), estimates
the likelihood of the first test images, and draws samples of all decoders side by side.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from benchmarks import machine
from keras_vrae.plots import images as plots

SAMPLES = 36
WAYS = {
    "dense": {"decoder": "dense"},
    "GRU": {"decoder": "gru"},
    "GRU, z at every step": {"decoder": "gru", "z_at_every_step": True},
}
TEST_FIGURES = ("elbo", "reconstruction", "kl", "active_units", "knn_accuracy")
RUN_FIGURES = ("parameters", "epochs", "seconds_per_epoch", "train_seconds")


def run_of(name, flags):
    """The folder of a finished run with this decoder."""
    from keras_vrae.training import ExperimentConfig, RunDirectory, train_and_evaluate

    config = ExperimentConfig(
        encoder="gru",
        dataset="mnist",
        data_dir=flags.data_dir,
        epochs=flags.epochs,
        hidden_units=flags.units,
        seed=flags.seed,
        nll_samples=0,
        **WAYS[name],
    )
    run = RunDirectory(Path(flags.runs, f"{config.name}{'-z' * config.z_at_every_step}"))
    if not run.is_finished:
        train_and_evaluate(config, run.path, resume=run.is_run)
    return run


def figures_of(run, flags):
    """What is told of a run, a dict."""
    from keras_vrae.training.assessment import assess

    sizes = {"nll_samples": flags.nll_samples, "max_examples": flags.nll_examples}
    metrics = assess(run.path, flags.data_dir, seed=flags.seed, **sizes)
    found = {name: metrics[name] for name in RUN_FIGURES}
    found |= {name: metrics["test"][name] for name in TEST_FIGURES}
    found["nll"] = metrics["evaluation"]["nll"]
    found["nll_standard_error"] = metrics["evaluation"]["nll_standard_error"]
    return {key: round(value, 4) for key, value in found.items()}


def picture(sheets):
    """Samples of several decoders, `(N, 28, 28)` by name, a matplotlib `Figure`."""
    figure = Figure(figsize=(3.2 * len(sheets), 3.5), dpi=120, layout="constrained")
    for axes, (name, images) in zip(figure.subplots(1, len(sheets)), sheets.items(), strict=True):
        plots.draw_images(axes, images)
        axes.set_title(f"{name} decoder", loc="left", fontsize=10)
    return figure


def main():
    """Reads the flags, and writes what is done after each decoder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--decoders", default="dense;GRU", help="with semicolons")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--units", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--nll_samples", type=int, default=500)
    parser.add_argument("--nll_examples", type=int, default=1000, help="test images, the first")
    parser.add_argument("--data_dir", help="folder with the four IDX files of MNIST")
    parser.add_argument("--runs", default="runs/decoders", help="folder of the runs")
    parser.add_argument("--output", default="docs/benchmarks/decoders.json")
    parser.add_argument("--picture", default="docs/images/decoders-samples.png")
    flags = parser.parse_args()
    from keras_vrae.backend.tensorflow.threads import one_thread_per_operation

    one_thread_per_operation()
    shown = {**vars(flags), "data_dir": None, "runs": None}
    content = {"command": machine.command("decoders")}
    content |= {**machine.describe(), "flags": shown, "decoders": {}}
    sheets = {}
    for name in flags.decoders.split(";"):
        run = run_of(name, flags)
        content["decoders"][name] = figures_of(run, flags)
        print(name, content["decoders"][name], flush=True)
        with np.load(run.arrays_path) as arrays:
            sheets[name] = arrays["samples"][:SAMPLES]
        Path(flags.output).write_text(json.dumps(content, indent=1) + "\n")
    if len(sheets) > 1:
        picture(sheets).savefig(flags.picture)


if __name__ == "__main__":
    main()
