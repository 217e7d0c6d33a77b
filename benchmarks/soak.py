"""Memory of a run that trains for half an hour: `python -m benchmarks.soak --output=F.json`.

Random images are written in TFRecord shards, and `train_main.py` trains on them, epoch after epoch,
with validation after each and checkpoints between, until SIGTERM ends it. Its resident memory is
read four times a second. What grows with every step, epoch or checkpoint shows as a slope.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import machine
from benchmarks.footprint import ROOT, make_set, watch

EXAMPLES, HELD_OUT, SIDE = 12_000, 1000, 64
FLAGS = ("--encoder=gru", "--hidden_units=64", "--epochs=1000000", "--checkpoint_every=500steps")
WINDOWS = 6


def summary(samples, history):
    """Medians of memory in equal windows of training, and its slope without the first, a dict.

    Args:
        samples: `(seconds, phase, MiB)`, as `footprint.watch` has them.
        history: lines of the run's `history.csv`, one an epoch below the first.
    """
    training = np.array([(seconds, mib) for seconds, phase, mib in samples if phase == "training"])
    windows = np.array_split(training, WINDOWS)
    seconds, mib = np.concatenate(windows[1:]).T
    return {
        "training_minutes": round((training[-1, 0] - training[0, 0]) / 60, 1),
        "epochs": len(history) - 1,
        "median_mib_of_windows": [round(float(np.median(part[:, 1])), 1) for part in windows],
        "peak_mib_of_windows": [round(float(part[:, 1].max()), 1) for part in windows],
        "mib_an_hour_after_the_first_window": round(3600 * np.polyfit(seconds, mib, 1)[0], 1),
        "mib_every_half_minute": [
            round(statistics.median(mib for at, mib in training if at // 30 == half_minute), 1)
            for half_minute in dict.fromkeys(training[:, 0] // 30)
        ],
    }


def main(arguments=None):
    """Trains, watches, and writes what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30, help="of training (default: 30)")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="(default: %(default)s)")
    parser.add_argument("--folder", help="where the set is for the time (default: the system's)")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    flags = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=flags.folder) as folder:
        folder = Path(folder).resolve()
        make_set(folder / "set", flags.examples, HELD_OUT, SIDE)
        command = [sys.executable, str(ROOT / "train_main.py"), *FLAGS]
        command += [f"--dataset=tfrecord:{folder}/set/*.tfrecord", f"--run_dir={folder}/run"]
        samples = watch(command, folder / "log.txt", 60 * flags.minutes)
        history = (folder / "run" / "history.csv").read_text().splitlines()
    report = {
        **machine.describe(),
        "flags": FLAGS,
        "examples": flags.examples,
        "event_shape": (SIDE, SIDE),
        **summary(samples, history),
    }
    text = json.dumps(report, indent=1)
    print(text)
    if flags.output:
        flags.output.write_text(text + "\n")


if __name__ == "__main__":
    main()
