"""The threads of TensorFlow."""

import tensorflow as tf

from keras_vrae.backend.cores import available_cores


def one_thread_per_operation() -> None:
    """Makes TensorFlow run each operation on one thread, as many at a time as there are cores.

    The models split a batch over the cores, which then have more to do than with operations that
    are each spread over all of them. `train_main.py` calls it. It is a setting of the whole
    process; call it before TensorFlow makes its first tensor.

    Raises:
        RuntimeError: if TensorFlow has begun to work.
    """
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(available_cores())
