"""Memory of runs on data sets in TFRecord shards: `python -m benchmarks.footprint --output=F.json`.

Sets of random images are generated and written in shards, one of them many times as large as the
other, and removed afterwards. `train_main.py` trains on each in a process of its own, whose
resident memory is read four times a second, from its start to its end: training, evaluation,
pictures and all. (What the system keeps of files in memory to read them faster is not of a
process, and not in these figures.)
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import machine

ROOT = Path(__file__).resolve().parent.parent
SIDE = 128  # Of a square image, pixels of a byte.
HELD_OUT = 1000  # Examples of the validation part, and of the test part.
BATCH = 256
SECONDS_BETWEEN = 0.25
STOPPED = 143  # The exit status after SIGTERM.
POINTS = 60  # Of each run, kept in the file of the figures.
FLAGS = ("--encoder=dense", "--hidden_units=32", "--eval_samples=1", "--nll_samples=1")
# What a run says when a part of it begins.
PHASES = {"Loading": "start", "Training;": "training", "Saving,": "evaluation"}


def make_set(folder, examples, held_out=HELD_OUT, side=SIDE, num_shards=16, seed=0, dtype="uint8"):
    """Writes random images in shards; returns their bytes."""
    from keras_vrae.datasets import tfrecord

    rng = np.random.default_rng(seed)

    def batches(size):
        for start in range(0, size, BATCH):
            count = min(BATCH, size - start)
            shape = (count, side, side)
            if dtype == "uint8":
                yield rng.integers(0, 256, shape, dtype), None
            else:
                yield rng.random(shape, dtype), None

    parts = {"train": examples, "validation": held_out, "test": held_out}
    parts = {part: batches(size) for part, size in parts.items()}
    written = tfrecord.write(folder, parts, num_shards)
    return sum(shard.bytes for shard in written.shards)


def resident_mib(pid):
    """What a process holds in memory now; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    found = [line for line in lines if line.startswith("VmRSS")]
    return int(found[0].split()[1]) / 1024 if found else 0.0


def watch(command, log, training_seconds=None):
    """Runs a command; returns `(seconds, phase, MiB)` from begin to end.

    Args:
        command: a list of words.
        log: path of a file for what the command says.
        training_seconds: after so long in training it is asked to stop by SIGTERM; never when None.

    Raises:
        RuntimeError: with what the command said, where it fails.
    """
    samples, begin = [], time.perf_counter()
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=log.parent)
    while process.poll() is None:
        said = [line.split(" ")[0] for line in log.read_text().splitlines()]
        phase = next((PHASES[word] for word in reversed(said) if word in PHASES), "start")
        now = time.perf_counter() - begin
        samples.append((now, phase, resident_mib(process.pid)))
        since = next((row[0] for row in samples if row[1] == "training"), now)
        if training_seconds and now - since > training_seconds:
            process.terminate()
            process.wait()
        time.sleep(SECONDS_BETWEEN)
    if process.returncode != (STOPPED if training_seconds else 0):
        raise RuntimeError(log.read_text()[-2000:])
    return [sample for sample in samples if sample[2]]


def kept(samples):
    """A few of the samples, a line each."""
    step = max(1, len(samples) // POINTS)
    return [f"{seconds:.1f} s, {phase}: {mib:.0f} MiB" for seconds, phase, mib in samples[::step]]


def summary(samples):
    """Peaks of the phases, those of the two halves of training, and some samples, a dict."""

    def peak(rows):
        return round(max((mib for _, _, mib in rows), default=0.0), 1)

    training = [row for row in samples if row[1] == "training"]
    half = len(training) // 2
    return {
        "peak_mib": peak(samples),
        "peak_mib_of_phase": {
            phase: peak([row for row in samples if row[1] == phase]) for phase in PHASES.values()
        },
        "peak_mib_of_halves_of_training": [peak(training[:half]), peak(training[half:])],
        "training_seconds": round(training[-1][0] - training[0][0], 1) if training else 0.0,
        "samples": kept(samples),
    }


def measure(root, examples, epochs, **options):
    """One set and the run on it, a dict."""
    with tempfile.TemporaryDirectory(dir=root) as folder:
        folder = Path(folder).resolve()
        shards = folder / "set"
        begin = time.perf_counter()
        size = make_set(shards, examples, **options)
        written = time.perf_counter() - begin
        command = [
            sys.executable,
            str(ROOT / "train_main.py"),
            f"--dataset=tfrecord:{shards}/*.tfrecord",
            f"--run_dir={folder}/run",
            f"--epochs={epochs}",
            *FLAGS,
        ]
        samples = watch(command, Path(folder, "log.txt"))
        metrics = json.loads(Path(folder, "run", "metrics.json").read_text())
    return {
        "examples": examples,
        "gib_of_shards": round(size / 2**30, 3),
        "gib_as_float32": round(4 * examples * options.get("side", SIDE) ** 2 / 2**30, 3),
        "writing_seconds": round(written, 1),
        "epochs": epochs,
        "examples_per_second": metrics["examples_per_second"],
        **summary(samples),
    }


def main():
    """Runs the program."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.footprint",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--examples", default="25000,250000", help="of the sets (default: %(default)s)"
    )
    parser.add_argument("--passes", default="4,1", help="epochs on each (default: %(default)s)")
    parser.add_argument(
        "--dtype", choices=("uint8", "float32"), default="uint8", help="(default: %(default)s)"
    )
    parser.add_argument("--folder", help="where the sets are for the time (default: the system's)")
    parser.add_argument("--output", type=Path, help="file for the figures, as JSON")
    flags = parser.parse_args()
    sizes = [int(size) for size in flags.examples.split(",")]
    passes = [int(number) for number in flags.passes.split(",")]
    command = " ".join(["python -m benchmarks.footprint", *sys.argv[1:]])
    report = {**machine.describe(), "command": command, "flags": FLAGS, "seed": 0, "runs": []}
    for size, epochs in zip(sizes, passes, strict=True):
        row = measure(flags.folder, size, epochs, dtype=flags.dtype)
        report["runs"].append(row)
        print(
            f"{row['gib_of_shards']} GiB, {row['gib_as_float32']} GiB as float32: at most "
            f"{row['peak_mib']:,.0f} MiB, halves of training "
            f"{row['peak_mib_of_halves_of_training']}, {row['training_seconds']:,.0f} s",
            flush=True,
        )
    report["peak_mib_of_this_process_which_writes"] = machine.peak_memory_mib()
    if flags.output:
        flags.output.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
