"""The cores that this process may use."""

import os


def available_cores():
    """How many there are; fewer than the machine has where the process is bound to some."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def one_thread_per_operation():
    """Makes TensorFlow compute each operation on one thread, as many at a time as there are cores.

    The models cut a batch in shards, which then keep the cores busy better than operations that
    are each spread over all of them. `train_main.py` calls it. It concerns the whole process, and
    is to be called before TensorFlow makes its first tensor.

    Raises:
        RuntimeError: where TensorFlow has begun to work.
    """
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(available_cores())
