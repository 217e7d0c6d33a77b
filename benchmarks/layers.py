"""How long the recurrent layers take beside those of Keras: `python -m benchmarks.layers`.

A forward and backward pass over a batch, with the gradients of the weights, in turns: each round
begins with another layer. Printed and stored are medians with the middle half, and the ratio round
by round. Cores are chosen with `taskset`.
"""

import argparse
import json
from pathlib import Path

import keras
import tensorflow as tf

import keras_vrae
from benchmarks import machine, summary
from benchmarks.turns import take_turns_here

PAIRS = {
    "lstm": {"keras_vrae": keras_vrae.layers.LSTM, "keras": keras.layers.LSTM},
    "gru": {"keras_vrae": keras_vrae.layers.GRU, "keras": keras.layers.GRU},
}
PASSES = 3  # In a turn.


def make_turn(layer, x):
    """A function that makes PASSES forward and backward passes."""
    layer.build(x.shape)

    @tf.function
    def gradients():
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(layer(x, training=True) ** 2)
        return tape.gradient(total, layer.trainable_variables)

    def turn():
        for _ in range(PASSES):
            gradients()[0].numpy()

    return turn


def measure(kind, shape, units, rounds):
    """Milliseconds of a pass of each layer, and how many times as fast ours is.

    Args:
        kind: `"lstm"` or `"gru"`.
        shape: of the batch, `(B, T, D)`.
        units: units of the layer, H.
        rounds: rounds that count.
    """
    x = tf.random.stateless_uniform(shape, seed=(0, 0))
    turns = {name: make_turn(layer(units), x) for name, layer in PAIRS[kind].items()}
    seconds = take_turns_here(turns, rounds)
    ratio = [k / o for k, o in zip(seconds["keras"], seconds["keras_vrae"], strict=True)]
    return {
        "milliseconds": {
            name: summary.spread([1e3 * value / PASSES for value in values])
            for name, values in seconds.items()
        },
        "times_as_fast": summary.spread(ratio, digits=3),
    }


def main():
    """Runs the program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.layers", description=__doc__)
    parser.add_argument("--batch_size", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--output", type=Path, help="file for the figures, as JSON")
    flags = parser.parse_args()
    shape = (flags.batch_size, 28, 28)
    report = {**machine.describe(), "shape": shape, "units": 500, "rounds": flags.rounds}
    report["layers"] = {kind: measure(kind, shape, 500, flags.rounds) for kind in PAIRS}
    for kind, row in report["layers"].items():
        ours, theirs = (row["milliseconds"][name]["median"] for name in ("keras_vrae", "keras"))
        ratio = row["times_as_fast"]["median"]
        print(f"{kind:5} {ours:6.1f} ms, Keras's {theirs:6.1f} ms: {ratio:.2f} times as fast")
    if flags.output:
        flags.output.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
