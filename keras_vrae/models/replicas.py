"""Figures of a step that several workers take together."""

import tensorflow as tf
from keras import ops


def of_all_workers(figures):
    """The figures of a step in the form in which Keras averages them over workers.

    `fit` and `evaluate` take the mean over the first axis of what each worker returns, which a
    number does not have.

    Args:
        figures: a dict of scalar tensors.

    Returns:
        The same under a strategy of one process; otherwise tensors of shape `(1,)`.
    """
    strategy = tf.distribute.get_strategy()
    if not getattr(strategy.extended, "_in_multi_worker_mode", lambda: False)():
        return figures
    return {name: ops.reshape(value, (1,)) for name, value in figures.items()}
