"""Measures the recurrent layers compared with those of Keras: `python -m benchmarks.layers`.

A forward and backward pass over a batch, with the gradients of the weights, in turns. Cores are
chosen with `taskset`.
"""

import tensorflow as tf

from benchmarks import harness

PASSES = 3  # In a turn.


def make_pass(layer, x):
    """Returns a function that makes a forward and backward pass."""
    layer.build(x.shape)

    @tf.function
    def gradients():
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(layer(x, training=True) ** 2)
        return tape.gradient(total, layer.trainable_variables)

    return lambda: gradients()[0].numpy()


def measure(kind, shape, units, rounds):
    """Returns the milliseconds of a pass of an `"LSTM"` or `"GRU"`, and how they compare."""
    import keras

    import keras_vrae

    x = tf.random.stateless_uniform(shape, seed=(0, 0))
    passes = {
        package.__name__: make_pass(getattr(package.layers, kind)(units), x)
        for package in (keras_vrae, keras)
    }
    turns = {name: harness.timed(function, PASSES) for name, function in passes.items()}
    seconds = harness.take_turns(turns, rounds)
    ratio = [k / o for k, o in zip(seconds["keras"], seconds["keras_vrae"], strict=True)]
    return {
        "milliseconds": {
            name: harness.spread([1e3 * value for value in values])
            for name, values in seconds.items()
        },
        "times_as_fast": harness.spread(ratio, digits=3),
    }


def main():
    """Runs the program."""
    program = harness.Program(__doc__, batch_size=128, units=500, rounds=15)
    flags = program.flags
    shape = (flags.batch_size, 28, 28)
    layers = {k.lower(): measure(k, shape, flags.units, flags.rounds) for k in ("LSTM", "GRU")}
    for kind, row in layers.items():
        medians = {name: f"{part['median']:.1f} ms" for name, part in row["milliseconds"].items()}
        print(f"{kind:5} {medians}: {harness.in_words(row['times_as_fast'])} times as fast")
    program.save({"shape": shape, "units": flags.units, "rounds": flags.rounds, "layers": layers})


if __name__ == "__main__":
    main()
