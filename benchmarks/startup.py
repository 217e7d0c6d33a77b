"""What a user waits for before anything is trained: `python -m benchmarks.startup --output=F.json`.

Each case is a fresh process, all cases in turns for several rounds: importing Keras and this
package, the program's answers to `--help`, a wrong flag and a wrong value, and a script that trains
its first step. Printed and stored are medians with the middle half.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import machine, summary

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = str(ROOT / "train_main.py")

FIRST_STEP = """
import json, time
begin = time.perf_counter()
import keras
import numpy as np
import keras_vrae
imported = time.perf_counter()
vae = keras_vrae.build({encoder!r}, (28, 28))
vae.compile("adam")
x = np.random.default_rng(0).random((512, 28, 28), dtype="float32")
built = time.perf_counter()

class Stop(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        times = {{"import": imported - begin, "build": built - imported}}
        print(json.dumps({{**times, "first step": time.perf_counter() - built}}), flush=True)
        self.model.stop_training = True

vae.fit(x[:128], batch_size=128, verbose=0, callbacks=[Stop()])
"""


def cases(encoders):
    """Command lines by name."""
    python = sys.executable
    return {
        "import keras": [python, "-c", "import keras"],
        "import keras_vrae": [python, "-c", "import keras_vrae"],
        "--help": [python, PROGRAM, "--help"],
        "wrong flag": [python, PROGRAM, "--encodr=lstm"],
        "wrong value": [python, PROGRAM, "--latent_dim=0"],
        **{
            f"first step, {encoder}": [python, "-c", FIRST_STEP.format(encoder=encoder)]
            for encoder in encoders
        },
    }


def run(command, folder):
    """Runs a case; returns its seconds by name: `whole`, and what the process itself took down."""
    begin = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    seconds = {"whole": time.perf_counter() - begin}
    if done.returncode not in (0, 2):
        raise RuntimeError(done.stderr)
    if done.stdout.startswith("{"):
        seconds.update(json.loads(done.stdout))
    return seconds


def measure(commands, rounds):
    """Figures of each case.

    Args:
        commands: command lines by name.
        rounds: rounds that count.

    Returns:
        A dict from case to a dict from part (`whole` ...) to its spread and rounds, in seconds.
    """
    found = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds + 1):  # The first round reads the files from the disk.
            for name, command in commands.items():
                seconds = run(command, folder)
                if number:
                    found[name].append(seconds)
    return {
        name: {part: spread_of([row[part] for row in rows]) for part in rows[0]}
        for name, rows in found.items()
    }


def spread_of(seconds):
    """Median, quartiles and the rounds themselves."""
    return {**summary.spread(seconds), "rounds": [round(value, 4) for value in seconds]}


def main():
    """Runs the program."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.startup",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--encoders", default="dense,lstm,gru", help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="(default: %(default)s)")
    parser.add_argument("--output", type=Path, help="file for the figures, as JSON")
    flags = parser.parse_args()
    figures = measure(cases(flags.encoders.split(",")), flags.rounds)
    for name, parts in figures.items():
        for part, row in parts.items():
            low, high = row["quartiles"]
            print(f"{name:20} {part:10} {row['median']:6.2f} s ({low:.2f} to {high:.2f})")
    package, alone = (figures[f"import {name}"]["whole"] for name in ("keras_vrae", "keras"))
    pairs = zip(package["rounds"], alone["rounds"], strict=True)
    ratio = summary.spread([ours / theirs for ours, theirs in pairs])
    print(f"import keras_vrae takes {ratio['median']:.2f} times as long as import keras")
    if flags.output:
        report = {**machine.describe(), "rounds": flags.rounds, "seconds": figures}
        report["import_over_keras"] = ratio
        flags.output.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
