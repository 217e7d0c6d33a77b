"""Measures how long a user waits before training: `python -m benchmarks.startup --output=F.json`.

Each case is a fresh process, and the cases take turns: importing Keras and this package, the
program's answers to `--help`, a wrong flag and a wrong value, and a script that trains its first
step.
"""

import json
import subprocess
import sys
import tempfile

from benchmarks import harness

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
    """Returns command lines by name."""
    python, program = sys.executable, str(harness.ROOT / "train_main.py")
    first_steps = {
        f"first step, {encoder}": [python, "-c", FIRST_STEP.format(encoder=encoder)]
        for encoder in encoders
    }
    return {
        "import keras": [python, "-c", "import keras"],
        "import keras_vrae": [python, "-c", "import keras_vrae"],
        "--help": [python, program, "--help"],
        "wrong flag": [python, program, "--encodr=lstm"],
        "wrong value": [python, program, "--latent_dim=0"],
        **first_steps,
    }


def measure(commands, rounds):
    """Returns the spread of each case's seconds by part, `whole` and those that it prints as JSON.

    Args:
        commands: command lines by name.
        rounds: number of rounds that count; one before them reads the files from the disk.
    """
    parts = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as folder:

        def run(name):
            done = subprocess.run(commands[name], capture_output=True, text=True, cwd=folder)
            if done.returncode not in (0, 2):
                raise RuntimeError(done.stderr)
            parts[name].append(json.loads(done.stdout) if done.stdout.startswith("{") else {})

        turns = {name: harness.timed(lambda name=name: run(name)) for name in commands}
        seconds = harness.take_turns(turns, rounds)
    found = {}
    for name, whole in seconds.items():
        columns = {part: [row[part] for row in parts[name][1:]] for part in parts[name][0]}
        columns = {"whole": whole, **columns}
        found[name] = {p: {**harness.spread(v), "rounds": v} for p, v in columns.items()}
    return found


def main():
    """Runs the program."""
    program = harness.Program(__doc__, encoders=harness.ENCODERS, rounds=7)
    found = measure(cases(program.flags.encoders), program.flags.rounds)
    for name, parts in found.items():
        for part, row in parts.items():
            print(f"{name:20} {part:10} {harness.in_words(row)} s")
    whole = {name: parts["whole"] for name, parts in found.items()}
    ratio = harness.ratios(whole, "import keras_vrae", ["import keras"])["import keras"]
    print(f"import keras_vrae takes {ratio['median']:.2f} times as long as import keras")
    program.save({"rounds": program.flags.rounds, "seconds": found, "import_over_keras": ratio})


if __name__ == "__main__":
    main()
