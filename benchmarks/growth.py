"""Measures how time and memory of training grow: `python -m benchmarks.growth --output=F.json`.

Against the batch size, the units, the time steps and the number of examples, for `vae.fit(x)` and
for a Keras model the tutorial way. Each point has a process of its own, so that its peak memory is
that of this point alone. The data are random numbers. Cores are chosen with `taskset`.
"""

import statistics
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import harness

CONTENDERS = {"fit": ("ours", "fit"), "tutorial": ("rivals/tutorial", None)}
# A point's settings that do not grow.
USUAL = {"batch_size": 128, "hidden_units": 500, "steps": 28, "features": 28, "examples": None}
# Long sequences are pixels, one at a time, in a network that a CPU can afford.
LONG = {"batch_size": 32, "hidden_units": 100, "features": 1}
SWEEPS = {
    "batch_size": (harness.ENCODERS, (32, 128, 512, 2048), {}),
    "hidden_units": (harness.ENCODERS, (125, 250, 500, 1000), {}),
    "steps": (("lstm", "gru"), (28, 112, 784, 5000), LONG),
    "examples": (("dense",), (15_000, 60_000, 240_000), {}),
}
# Of a turn, if the number of examples is not what grows: so many that its beginning is little.
BATCHES = {"dense": 32, "lstm": 4, "gru": 4}
MOST_BATCH = 512  # Of a recurrent encoder: a step of more takes too long here.


def points_of(sweep):
    """Yields the points of a sweep, dicts of settings."""
    encoders, sizes, changed = SWEEPS[sweep]
    for encoder in encoders:
        for size in sizes:
            point = {"sweep": sweep, "encoder": encoder, **USUAL, **changed, sweep: size}
            if encoder != "dense" and point["batch_size"] > MOST_BATCH:
                continue
            point["examples"] = point["examples"] or BATCHES[encoder] * point["batch_size"]
            yield point


def measure(point, contender, rounds):
    """Returns the point with the milliseconds of a training step and the peak memory."""
    shape = (point["examples"], point["steps"], point["features"])
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "images.npy"))
        np.save(path, np.random.default_rng(0).random(shape, dtype="float32"))
        task = {**point, "images": path, "encode_batch": 128}
        with harness.started({contender: CONTENDERS[contender]}, task) as contenders:
            seconds = harness.take_turns(harness.turns_of(contenders, "train"), rounds)
            memory = contenders[contender].peak_memory_mib
    steps = -(-point["examples"] // point["batch_size"])
    median = statistics.median(seconds[contender])
    return {
        **point,
        "contender": contender,
        "milliseconds_per_step": float(f"{1e3 * median / steps:.4g}"),
        "peak_memory_mib": memory,
    }


def main():
    """Runs the program."""
    program = harness.Program(
        __doc__, sweeps=tuple(SWEEPS), encoders=harness.ENCODERS, rounds=5, picture=None
    )
    flags, report = program.flags, {"rounds": program.flags.rounds, "points": []}
    points = [point for sweep in flags.sweeps for point in points_of(sweep)]
    for point in [point for point in points if point["encoder"] in flags.encoders]:
        for contender in CONTENDERS:
            report["points"].append(measure(point, contender, flags.rounds))
            print(report["points"][-1], flush=True)
            program.save(report)
    if flags.picture:
        from benchmarks import pictures

        pictures.growth_figure(report).savefig(flags.picture)


if __name__ == "__main__":
    main()
