"""Measures what it costs to generate, step by step, compared with a step of training.

    python -m benchmarks.sampling --output=docs/benchmarks/sampling.json

A VAE of piano rolls whose decoder reads what it wrote before. In training all steps are known at
once; generation is a compiled loop, of which each step waits for the one before. Both, and the
bound without its gradient, of the same number of sequences, take turns.
"""

import numpy as np

from benchmarks import harness

SHAPE = (128, 64, 88)


def measure(kind, units, rounds, shape=SHAPE):
    """Returns the milliseconds of each work, and how generation compares with training.

    Args:
        kind: `"lstm"` or `"gru"`, of encoder and decoder.
        units: number of units of each recurrent layer.
        rounds: number of rounds that count.
        shape: shape of the batch, `(B, T, D)`.
    """
    import keras_vrae as kv

    options = {"inputs": "teacher", "seed": 0}
    vae = kv.build(kind, shape[1:], 20, units, decoder=kind, decoder_options=options, seed=0)
    vae.compile("adam")
    x = (np.random.default_rng(0).random(shape) < 0.05).astype("float32")
    work = {
        "training": lambda: vae.train_on_batch(x),
        "bound": lambda: vae.test_on_batch(x),
        "generation": lambda: vae.generate(shape[0], seed=0, draw=True),
    }
    turns = {name: harness.timed(function) for name, function in work.items()}
    seconds = harness.take_turns(turns, rounds)
    pairs = zip(seconds["training"], seconds["generation"], strict=True)
    return {
        "milliseconds": {
            name: harness.spread([1e3 * value for value in values])
            for name, values in seconds.items()
        },
        "times_as_fast_as_training": harness.spread([a / b for a, b in pairs], digits=3),
    }


def main():
    """Runs the program."""
    program = harness.Program(__doc__, units=256, rounds=11)
    flags = program.flags
    layers = {kind: measure(kind, flags.units, flags.rounds) for kind in ("gru", "lstm")}
    print(layers)
    program.save({"shape": SHAPE, "units": flags.units, "rounds": flags.rounds, "layers": layers})


if __name__ == "__main__":
    main()
