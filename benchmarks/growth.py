"""How time and memory of training grow: `python -m benchmarks.growth --output=F.json`.

Against the batch size, the units, the time steps and the number of examples, for `vae.fit(x)` and
for a Keras model the tutorial way. Each point has a process of its own, so that its peak memory is
no other's. The data are random numbers.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import machine
from benchmarks.turns import Contender, Task

CONTENDERS = {
    "fit": ("benchmarks.ours", "fit"),
    "tutorial": ("benchmarks.rivals.tutorial", None),
}
# What a point is where it does not grow.
USUAL = {"batch_size": 128, "hidden_units": 500, "steps": 28, "features": 28, "examples": None}
# Long sequences are pixels, one at a time, in a network that a CPU can afford.
LONG = {"batch_size": 32, "hidden_units": 100, "features": 1}
ALL = ("dense", "lstm", "gru")
SWEEPS = {
    "batch_size": (ALL, (32, 128, 512, 2048), {}),
    "hidden_units": (ALL, (125, 250, 500, 1000), {}),
    "steps": (("lstm", "gru"), (28, 112, 784, 5000), LONG),
    "examples": (("dense",), (15_000, 60_000, 240_000), {}),
}
# In a turn, where the number of examples is not what grows: so many that its beginning is little.
BATCHES = {"dense": 32, "lstm": 4, "gru": 4}
MOST_BATCH = 512  # Of a recurrent encoder: a step of more takes too long here.


def points_of(sweep):
    """The points of a sweep, as dicts of settings."""
    encoders, sizes, changed = SWEEPS[sweep]
    for encoder in encoders:
        for size in sizes:
            point = {"sweep": sweep, "encoder": encoder, **USUAL, **changed, sweep: size}
            if encoder != "dense" and point["batch_size"] > MOST_BATCH:
                continue
            point["examples"] = point["examples"] or BATCHES[encoder] * point["batch_size"]
            yield point


def measure(point, contender, turns):
    """The point with the milliseconds of a training step, of the first one, and peak memory."""
    shape = (point["examples"], point["steps"], point["features"])
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "images.npy"))
        np.save(path, np.random.default_rng(0).random(shape, dtype="float32"))
        task = Task(point["encoder"], point["batch_size"], path, point["hidden_units"])
        begin = time.perf_counter()
        process = Contender(*CONTENDERS[contender], task)
        try:
            process.wait()
            started = time.perf_counter() - begin
            first, *seconds = (process.turn("train") for _ in range(turns + 1))
        finally:
            process.close()
    steps = -(-point["examples"] // point["batch_size"])
    return {
        **point,
        "contender": contender,
        "milliseconds_per_step": float(f"{1e3 * statistics.median(seconds) / steps:.4g}"),
        "start_seconds": round(started, 2),
        "first_turn_seconds": round(first, 2),
        "peak_memory_mib": process.peak_memory_mib,
    }


def main():
    """Runs the program."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.growth",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sweeps", default=",".join(SWEEPS), help="(default: %(default)s)")
    parser.add_argument("--encoders", default=",".join(ALL), help="(default: %(default)s)")
    parser.add_argument("--turns", type=int, default=5, help="that count (default: %(default)s)")
    parser.add_argument("--output", type=Path, help="file for the figures, as JSON")
    parser.add_argument("--picture", type=Path, help="file for a picture, as PNG")
    flags = parser.parse_args()
    sweeps, encoders = flags.sweeps.split(","), flags.encoders.split(",")
    unknown = {*sweeps} - {*SWEEPS} or {*encoders} - {*ALL}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    report = {**machine.describe(), "turns": flags.turns, "points": []}
    for sweep in sweeps:
        for point in points_of(sweep):
            if point["encoder"] not in encoders:
                continue
            for contender in CONTENDERS:
                row = measure(point, contender, flags.turns)
                report["points"].append(row)
                print(
                    f"{sweep} {row[sweep]:,}, {row['encoder']}, {contender}: "
                    f"{row['milliseconds_per_step']:,.1f} ms a step, "
                    f"{row['peak_memory_mib']:,.0f} MiB",
                    flush=True,
                )
                if flags.output:
                    flags.output.write_text(json.dumps(report, indent=2) + "\n")
    if flags.picture:
        from benchmarks import pictures

        pictures.growth_figure(report).savefig(flags.picture)


if __name__ == "__main__":
    main()
