"""Measures how time and memory of training grow: `python -m benchmarks.growth --output=F.json`.

With the mini-batch, the units, the time steps and the number of examples, for `vae.fit(x)` and the
tutorial's model fed by `tf.data`, in turns. Each point has processes of its own, so that its peak
memory is that of this point alone. The data are random numbers. Cores are chosen with `taskset`.
"""

import statistics
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import harness

CONTENDERS = {"fit": ("ours", "fit"), "tutorial": ("rivals/tutorial", "dataset")}
USUAL = {"batch_size": 128, "hidden_units": 500, "steps": 28, "features": 28, "examples": None}
# Long sequences are pixels, one at a time, in a network that a CPU can afford.
LONG = {"batch_size": 32, "hidden_units": 100, "features": 1}
SWEEPS = {
    "batch_size": (harness.ENCODERS, (32, 128, 512, 2048), {}),
    "hidden_units": (harness.ENCODERS, (125, 250, 500, 1000), {}),
    "steps": (("lstm", "gru"), (28, 112, 784, 5000, 10_000), LONG),
    "examples": (("dense",), (15_000, 60_000, 240_000), {}),
}
# Of a turn, where the number of examples does not grow: so many that its beginning is a small part,
# in time steps of all examples, and in mini-batches at least.
TIME_STEPS = {"dense": 512 * 128 * 28, "lstm": 80_000, "gru": 80_000}
BATCHES = 4


def points_of(sweep, encoders):
    """Yields the points of a sweep, dicts of settings."""
    swept, sizes, changed = SWEEPS[sweep]
    for encoder in [encoder for encoder in swept if encoder in encoders]:
        for size in sizes:
            point = {**USUAL, **changed, sweep: size}
            batches = TIME_STEPS[encoder] // (point["steps"] * point["batch_size"])
            point["examples"] = point["examples"] or max(batches, BATCHES) * point["batch_size"]
            yield {"sweep": sweep, "size": size, "encoder": encoder, **point}


def measure(point, rounds):
    """Returns the point with the time of a step and the memory of each contender, and the ratio."""
    shape = (point["examples"], point["steps"], point["features"])
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "images.npy"))
        np.save(path, np.random.default_rng(0).random(shape, dtype="float32"))
        task = {**point, "images": path, "encode_batch": 128, "epochs": 1}
        with harness.started(CONTENDERS, task) as contenders:
            seconds = harness.take_turns(harness.turns_of(contenders, "train"), rounds)
            memory = {name: contender.peak_memory_mib for name, contender in contenders.items()}
    steps = -(-point["examples"] // point["batch_size"])
    rates = harness.rates(seconds, steps)
    times = {name: 1e3 * statistics.median(turns) / steps for name, turns in seconds.items()}
    return {
        **point,
        "milliseconds_per_step": {name: float(f"{time:.4g}") for name, time in times.items()},
        "peak_memory_mib": memory,
        "times_as_fast": harness.ratios(rates, "fit", ["tutorial"])["tutorial"],
    }


def main():
    """Runs the program."""
    program = harness.Program(__doc__, sweeps=tuple(SWEEPS), encoders=harness.ENCODERS, rounds=5)
    flags, points = program.flags, []
    for sweep in flags.sweeps:
        for point in points_of(sweep, flags.encoders):
            points.append(measure(point, flags.rounds))
            print(points[-1], flush=True)
            program.save({"rounds": flags.rounds, "points": points})


if __name__ == "__main__":
    main()
