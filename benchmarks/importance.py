"""How close the importance-weighted likelihood is to its arithmetic.

    python -m benchmarks.importance

Decoding is nearly all of that arithmetic. Timed in turns, for several rounds, are
`evaluation.importance_nll` on a part of MNIST's size and shape, and the matrix products of as many
decodings alone, in batches of the same size. Printed and stored are the medians, and of the ratios
round by round the median and the middle half.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import tensorflow as tf

import keras_vrae
from keras_vrae.evaluation import importance_nll
from keras_vrae.evaluation.likelihood import IMPORTANCE_ROWS
from keras_vrae.training import environment


def make_products(decoder, num_decodings):
    """A function without arguments that does the matrix products of so many decodings."""
    weights = [weight for weight in decoder.trainable_weights if len(weight.shape) == 2]
    inputs = [tf.random.normal((IMPORTANCE_ROWS, weight.shape[0])) for weight in weights]

    @tf.function
    def products():
        total = 0.0
        for _ in tf.range(num_decodings // IMPORTANCE_ROWS):
            for rows, weight in zip(inputs, weights, strict=True):
                total += tf.matmul(rows, weight)[0, 0]
        return total

    return lambda: products().numpy()


def seconds_of(function):
    """Wall-clock seconds of one call."""
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def measure(model, num_examples, num_samples, rounds):
    """The figures of one model, a dict; `fraction` is time of the products over time of it all."""
    shape = (num_examples, *model.event_shape)
    x = (np.random.default_rng(0).random(shape) < 0.2).astype("float32")
    products = make_products(model.decoder, num_examples * num_samples)
    times = []
    for number in range(rounds + 1):  # The first round compiles and is not counted.
        pair = seconds_of(products), seconds_of(lambda: importance_nll(model, x, num_samples))
        times += [pair] if number else []
    arithmetic, whole = np.array(times).T
    low, middle, high = np.percentile(arithmetic / whole, [25, 50, 75])
    per_decoding = 1e6 / (num_examples * num_samples)
    return {
        "microseconds_per_decoding": round(float(np.median(whole)) * per_decoding, 3),
        "microseconds_of_products": round(float(np.median(arithmetic)) * per_decoding, 3),
        "fraction": round(float(middle), 3),
        "quartiles": [round(float(low), 3), round(float(high), 3)],
    }


def main():
    """Runs the program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.importance", description=__doc__)
    parser.add_argument("--examples", type=int, default=200)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, help="file for the figures, as JSON")
    flags = parser.parse_args()
    figures = {}
    for latent_dim, hidden_units in ((2, 500), (50, 200)):
        model = keras_vrae.build("dense", (28, 28), latent_dim, hidden_units, seed=0)
        name = f"{latent_dim} latent dimensions, {hidden_units} hidden units"
        figures[name] = measure(model, flags.examples, flags.samples, flags.rounds)
        print(name, json.dumps(figures[name]), flush=True)
    if flags.output:
        settings = {name: getattr(flags, name) for name in ("examples", "samples", "rounds")}
        report = {**settings, "device": environment.device(), "versions": environment.versions()}
        flags.output.write_text(json.dumps({**report, "models": figures}, indent=2) + "\n")


if __name__ == "__main__":
    main()
