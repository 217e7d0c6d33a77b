"""Steps that several replicas take together, on devices of one process or of many."""

import tensorflow as tf
from keras import ops


def share_of_examples(size):
    """The share of this replica in the examples of a step; of one that is alone, 1.

    Replicas have unequal shares, or none, where their number does not divide a batch.

    Args:
        size: how many of the examples this replica has, a scalar.

    Returns:
        A number, or a float32 scalar. The shares of all replicas add up to 1.
    """
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        return 1.0
    size = ops.cast(size, "float32")
    return size / tf.distribute.get_replica_context().all_reduce("SUM", size)


def step_of_workers(strategy, step, eager=False):
    """A step as Keras's loops call it, whose figures stay with the worker that they are of.

    Keras would average each figure over the workers in every step, two messages for each, which
    takes longer than to agree on the gradients. What it reports of an epoch is read from the
    metrics, which add up what all workers have seen.

    Args:
        strategy: a `tf.distribute` strategy of many workers.
        step: a function of one batch, as `train_step`.
        eager: whether it is not to be compiled.

    Returns:
        A function of an iterator over batches, that returns what `step` does.
    """

    def take(source):
        distributed = isinstance(source, tf.distribute.DistributedIterator)
        batch = source.get_next() if distributed else source
        figures = strategy.run(step, args=(batch,))
        return {
            name: tf.reduce_mean(strategy.experimental_local_results(value))
            for name, value in figures.items()
        }

    take = take if eager else tf.function(take, reduce_retracing=True, autograph=False)

    def function(iterator):
        distributed = isinstance(iterator, tf.distribute.DistributedIterator)
        return take(iterator if distributed else next(iterator))

    return function
