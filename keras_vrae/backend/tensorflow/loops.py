"""Several training steps in one call of TensorFlow, for steps so short that each call shows.

The batches of these steps come in one group as well, which the call cuts up: otherwise the threads
that prepare batches take the cores from such steps for a good part of the time.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from keras import tree

from keras_vrae.types import Tensor


def over_batches_of_group(train_step: Callable[[Any], Any]) -> Callable[[Tensor, Any], Any]:
    """A function that takes a training step on each batch of a group.

    Args:
        train_step: that of a Keras model.

    Returns:
        A compiled function of the size of a batch, an int64 scalar, and of a structure of tensors
        with the rows of all batches, of which the last may have fewer. It returns the logs of the
        last step.
    """
    step = tf.function(train_step, reduce_retracing=True, autograph=False)

    @tf.function(reduce_retracing=True, autograph=False)
    def steps(batch_size, examples):
        def take_step(begin):
            return step(tree.map_structure(lambda part: part[begin : begin + batch_size], examples))

        def take_step_and_go_on(begin):
            take_step(begin)
            return begin + batch_size

        size = tf.shape(tree.flatten(examples)[0], tf.int64)[0]
        last = (size - 1) // batch_size * batch_size
        first = tf.zeros((), tf.int64)
        tf.while_loop(lambda begin: begin < last, take_step_and_go_on, [first])
        return take_step(last)

    return steps
