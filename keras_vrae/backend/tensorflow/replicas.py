"""Steps that several replicas take together, on devices of one process or of many."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from keras import ops

from keras_vrae.types import Tensor


def in_many_workers(strategy: tf.distribute.Strategy) -> bool:
    """Returns whether a strategy has replicas in other processes.

    `_in_multi_worker_mode` is private to TensorFlow (2.18 to 2.21 have it); without it a strategy
    would be taken for one of a single process, and Keras would average logs in every step.
    """
    return getattr(strategy.extended, "_in_multi_worker_mode", lambda: False)()


def number_of_workers(strategy: tf.distribute.Strategy) -> int:
    """Number of processes of a strategy that has replicas in others."""
    return strategy.cluster_resolver.cluster_spec().num_tasks("worker")


def share_of_examples(size: Tensor | int) -> Tensor | float:
    """The share of this replica in the examples of a step; 1 without other replicas.

    Shares are unequal, or zero, if the number of replicas does not divide a batch.

    Args:
        size: number of examples of this replica, a scalar.

    Returns:
        A number, or a float32 scalar. The shares of all replicas add up to 1.
    """
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return 1.0
    size = ops.cast(size, "float32")
    return size / tf.distribute.get_replica_context().all_reduce("SUM", size)


def step_of_workers(
    strategy: tf.distribute.Strategy, step: Callable[[Any], dict[str, Tensor]], eager: bool = False
) -> Callable[[Any], dict[str, Tensor]]:
    """A step as Keras's loops call it, whose logs stay with their worker.

    Keras would average each log over the workers in every step, two messages for each, which takes
    longer than to agree on the gradients. The logs of an epoch are read from the metrics, which
    sum over all workers.

    Args:
        strategy: a `tf.distribute` strategy of many workers.
        step: a function of one batch, as `train_step`.
        eager: whether to leave the step uncompiled.

    Returns:
        A function of an iterator over batches that returns the logs of `step`.
    """

    def take(source):
        distributed = isinstance(source, tf.distribute.DistributedIterator)
        batch = source.get_next() if distributed else source
        logs = strategy.run(step, args=(batch,))
        return {
            name: tf.reduce_mean(strategy.experimental_local_results(value))
            for name, value in logs.items()
        }

    take = take if eager else tf.function(take, reduce_retracing=True, autograph=False)

    def function(iterator):
        distributed = isinstance(iterator, tf.distribute.DistributedIterator)
        return take(iterator if distributed else next(iterator))

    return function
