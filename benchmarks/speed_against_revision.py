"""Measures how fast this checkout is compared with another one of the same package.

    git worktree add ../before REVISION
    python -m benchmarks.speed_against_revision ../before --output=F.json

`fit` and `encode` of the dense, LSTM and GRU encoders with 500 units and 2 latent dimensions, on
random data in the shape of MNIST. Each checkout has a process of its own for each encoder. The two
take turns, and each round begins with the other one. A ratio above 1 says that this checkout is
faster: it is the median over the rounds of the other checkout's seconds by ours. Two processes of
one checkout differ by some percent, so several pairs are measured one after the other.
"""

import argparse
import json
import os
import runpy
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BATCHES = {"dense": 100, "lstm": 8, "gru": 8}  # Of a pass over the data: about a second of `fit`.
BATCH_SIZE = 128
PASSES = {"fit": 1, "encode": 5}  # Of a turn.


def serve(encoder, batches):
    """Builds a model of the checkout in the current folder, and makes turns as they are asked for.

    It reads names of turns from the standard input, a line each, and answers with seconds.
    """
    import numpy as np

    import keras_vrae

    if Path.cwd() not in Path(keras_vrae.__file__).parents:
        raise RuntimeError(f"{keras_vrae.__file__} is not of {Path.cwd()}")
    x = np.random.default_rng(0).random((batches * BATCH_SIZE, 28, 28), dtype="float32")
    vae = keras_vrae.build(encoder, (28, 28), latent_dim=2, hidden_units=500, seed=0)
    vae.compile("adam")
    turns = {
        "fit": lambda: vae.fit(x, batch_size=BATCH_SIZE, verbose=0),
        "encode": lambda: vae.encode(x, batch_size=BATCH_SIZE),
    }
    for name in map(str.strip, sys.stdin):
        begin = time.perf_counter()
        for _ in range(PASSES[name]):
            turns[name]()
        print(f"seconds {time.perf_counter() - begin}", flush=True)


class Checkout:
    """A process that works with the package of one folder."""

    def __init__(self, folder, encoder, batches):
        code = f"import runpy; runpy.run_path({__file__!r})['serve']({encoder!r}, {batches})"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=folder,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def turn(self, work):
        """Returns the seconds that one turn takes."""
        time.sleep(0.1)  # For the threads of the other process to fall asleep.
        self._process.stdin.write(f"{work}\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("seconds "):
                return float(line.split()[1])
        raise RuntimeError(f"A process ended with {self._process.wait()}")

    def close(self):
        """Ends the process."""
        self._process.stdin.close()
        self._process.wait()


def measure(folders, encoder, batches, rounds):
    """Returns the seconds of a pair's turns by work and checkout, lists over the rounds.

    Args:
        folders: the checkouts by name.
        encoder: `"dense"`, `"lstm"` or `"gru"`.
        batches: number of mini-batches of a pass over the data.
        rounds: number of rounds that count. One before them, in which functions are compiled,
            does not.
    """
    checkouts = {name: Checkout(folder, encoder, batches) for name, folder in folders.items()}
    seconds = {work: {name: [] for name in sorted(folders)} for work in PASSES}
    try:
        for number in range(rounds + 1):
            for work, found in seconds.items():
                for name in sorted(checkouts, reverse=bool(number % 2)):
                    spent = checkouts[name].turn(work)
                    if number:
                        found[name].append(spent)
    finally:
        for checkout in checkouts.values():
            checkout.close()
    return seconds


def ratio_of(seconds):
    """Returns the median and the quartiles of how many times as fast `new` is as `old`."""
    ratios = [old / new for old, new in zip(seconds["old"], seconds["new"], strict=True)]
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return {"median": round(median, 3), "quartiles": [round(low, 3), round(high, 3)]}


def revision(folder):
    """Returns the commit of a checkout, with a plus sign if files were changed since."""
    command = ["git", "-C", str(folder), "describe", "--always", "--abbrev=7", "--dirty=+"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def main():
    """Runs the program."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed_against_revision",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("old", type=Path, help="folder of the other checkout")
    parser.add_argument("--new", type=Path, default=ROOT, help="(default: this checkout)")
    parser.add_argument("--encoders", default=",".join(BATCHES), help="(default: %(default)s)")
    parser.add_argument("--batches", type=int, help="mini-batches of a pass")
    parser.add_argument("--pairs", type=int, default=4, help="of processes (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="of a pair (default: %(default)s)")
    parser.add_argument("--output", type=Path, help="file for the results, as JSON")
    flags = parser.parse_args()
    folders = {"old": flags.old.resolve(), "new": flags.new.resolve()}
    machine = runpy.run_path(str(ROOT / "benchmarks" / "machine.py"))["describe"]()
    revisions = {name: revision(folder) for name, folder in folders.items()}
    report = {**machine, "revisions": revisions, "results": {}}
    report |= {"pairs": flags.pairs, "rounds": flags.rounds}
    print(f"{machine['machine']['processor']}, {machine['machine']['cores']} cores; {revisions}")
    for encoder in flags.encoders.split(","):
        batches = flags.batches or BATCHES[encoder]
        seconds = {work: {name: [] for name in folders} for work in PASSES}
        for number in range(flags.pairs):
            started = dict(sorted(folders.items(), reverse=bool(number % 2)))
            for work, found in measure(started, encoder, batches, flags.rounds).items():
                for name, values in found.items():
                    seconds[work][name] += values
        for work, found in seconds.items():
            row = {**ratio_of(found), "seconds": found}
            report["results"].setdefault(encoder, {})[work] = row
            low, high = row["quartiles"]
            images = PASSES[work] * batches * BATCH_SIZE
            medians = [
                f"{name} {images / statistics.median(values):,.0f} images/s"
                for name, values in found.items()
            ]
            ratio = f"{row['median']:.3f} times as fast ({low:.3f} to {high:.3f})"
            print(f"{encoder:6}{work:7} {ratio}; {', '.join(medians)}", flush=True)
        if flags.output:
            flags.output.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
