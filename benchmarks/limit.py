"""The limit as a contender: the matrix products of a training step, and nothing else."""

import numpy as np

from benchmarks.arithmetic import model_products

CALLS_KEPT = 2  # Sets of operands that take turns, so that none stays in the nearest cache.


def make(task, variant):
    """Returns the turns of `harness.Contender`; the variants are ways to multiply matrices.

    `"numpy"` is NumPy's BLAS, `"tensorflow"` its kernel as it is, `"side-by-side"` the same kernel
    on one thread with as many products at a time as there are cores.
    """
    x = np.load(task.images)
    _, products = model_products(task.encoder, x.shape[1:], task.batch_size, task.hidden_units)
    step = {"numpy": numpy_step, "tensorflow": tensorflow_step, "side-by-side": side_by_side_step}
    run = step[variant](products)
    steps = len(x) // task.batch_size

    def train():
        for _ in range(steps):
            run()

    return {"train": train}


def numpy_step(products):
    """A function that does the products by `numpy.matmul`."""
    generator = np.random.default_rng(0)
    calls = []
    for rows, inner, columns, count in products:
        operands = [
            (
                generator.random((rows, inner), "float32"),
                generator.random((inner, columns), "float32"),
                np.empty((rows, columns), "float32"),
            )
            for _ in range(min(count, CALLS_KEPT))
        ]
        calls += [operands[index % len(operands)] for index in range(count)]

    def run():
        for left, right, result in calls:
            np.matmul(left, right, out=result)

    return run


def tensorflow_step(products):
    """A function that does the products in one graph."""
    import tensorflow as tf

    # Each product has a left side of its own, so that none is the repetition of another.
    calls = [
        (tf.random.normal((rows, inner)), right)
        for rows, inner, columns, count in products
        for right in [tf.random.normal((inner, columns))]
        for _ in range(count)
    ]

    @tf.function
    def run():
        return tf.add_n([tf.matmul(left, right)[0, 0] for left, right in calls])

    return lambda: run().numpy()


def side_by_side_step(products):
    """The same, on kernels of one thread."""
    import tensorflow as tf

    from benchmarks.harness import cores

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(cores())
    return tensorflow_step(products)
