"""What it costs to generate, step by step, beside what training on as many sequences costs.

    python -m benchmarks.sampling --output=docs/benchmarks/sampling.json

A VAE of piano rolls whose decoder reads what it wrote before. In training all steps are known at
once; generation is a compiled loop, of which each step waits for the one before. Both, and the
bound without its gradient, of the same number of sequences, in turns.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks import machine, summary
from benchmarks.turns import take_turns_here

STEPS, FEATURES, BATCH = 64, 88, 128


def measure(kind, units, rounds, shape=(BATCH, STEPS, FEATURES)):
    """Milliseconds for a batch of each work, and how generation compares with training.

    Args:
        kind: `"lstm"` or `"gru"`, of encoder and decoder.
        units: of each recurrent layer, H.
        rounds: rounds that count.
        shape: of the batch, `(B, T, D)`.
    """
    import keras_vrae as kv

    options = {"inputs": "teacher", "seed": 0}
    vae = kv.build(kind, shape[1:], 20, units, decoder=kind, decoder_options=options, seed=0)
    vae.compile("adam")
    x = (np.random.default_rng(0).random(shape) < 0.05).astype("float32")
    turns = {
        "training": lambda: vae.train_on_batch(x),
        "bound": lambda: vae.test_on_batch(x),
        "generation": lambda: vae.generate(shape[0], seed=0, draw=True),
    }
    seconds = take_turns_here(turns, rounds)
    pairs = zip(seconds["training"], seconds["generation"], strict=True)
    ratio = [training / generation for training, generation in pairs]
    return {
        "milliseconds": {
            name: summary.spread([1e3 * value for value in values])
            for name, values in seconds.items()
        },
        "times_as_fast_as_training": summary.spread(ratio, digits=3),
    }


def main():
    """Reads the flags, measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--output", default="docs/benchmarks/sampling.json")
    flags = parser.parse_args()
    content = {"command": machine.command("sampling")}
    content |= {**machine.describe(), "shape": [BATCH, STEPS, FEATURES], "units": flags.units}
    content |= {"rounds": flags.rounds, "layers": {}}
    for kind in ("gru", "lstm"):
        content["layers"][kind] = measure(kind, flags.units, flags.rounds)
        print(kind, content["layers"][kind], flush=True)
    Path(flags.output).write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
