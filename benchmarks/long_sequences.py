"""What a training step over long sequences costs, with our layers and with those of Keras.

    python -m benchmarks.long_sequences --output=docs/benchmarks/long_sequences.json

Each measurement has a process of its own: a VAE with a GRU encoder and decoder, one step to
compile, then the median of a few more.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import machine

UNITS, FEATURES, BATCH = 64, 4, 16
ROUNDS = 3


def measure(layers, steps):
    """Seconds of a training step and what it added to the peak of memory, in MiB."""
    import numpy as np

    import keras_vrae as kv

    vae = kv.build(
        "gru",
        (steps, FEATURES),
        latent_dim=8,
        hidden_units=UNITS,
        likelihood="gaussian",
        decoder="gru",
        seed=0,
    )
    if layers == "keras":
        for layer in vae._flatten_layers():
            if hasattr(layer, "use_cudnn"):
                layer.use_cudnn = False  # Which is how one gets Keras's own loop.
    vae.compile("adam")
    x = np.random.default_rng(0).normal(size=(BATCH, steps, FEATURES)).astype("float32")
    before = machine.peak_memory_mib()
    vae.train_on_batch(x)
    seconds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        vae.train_on_batch(x)
        seconds.append(time.perf_counter() - begin)
    return {
        "layers": layers,
        "steps": steps,
        "seconds": round(float(np.median(seconds)), 3),
        "added_mib": round(machine.peak_memory_mib() - before, 1),
    }


def main():
    """Measures each in its process, or one of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", default="docs/benchmarks/long_sequences.json")
    parser.add_argument("--one", help="for its own use")
    flags = parser.parse_args()
    if flags.one:
        layers, steps = flags.one.split(",")
        print(json.dumps(measure(layers, int(steps))))
        return
    found = []
    for steps in (100, 1000, 10_000):
        for layers in ("keras_vrae", "keras"):
            command = [sys.executable, "-m", "benchmarks.long_sequences", f"--one={layers},{steps}"]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found.append(json.loads(done.stdout.splitlines()[-1]))
            print(found[-1], flush=True)
    sizes = {"units": UNITS, "features": FEATURES, "batch": BATCH, "rounds": ROUNDS}
    command = "python -m benchmarks.long_sequences"
    content = {"command": command, **machine.describe(), **sizes, "measurements": found}
    Path(flags.output).write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
