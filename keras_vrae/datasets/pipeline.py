"""From arrays to the batches of training, as a `tf.data.Dataset`."""

import math

import numpy as np
import tensorflow as tf

from keras_vrae.datasets.splits import Split

FIXED_BINARIZATION_SEED = 0


def binarize(split, seed=FIXED_BINARIZATION_SEED):
    """Draws each value once from a Bernoulli with the grey level as its probability.

    Args:
        split: a `Split` with values between 0 and 1.
        seed: whole number; the same seed gives the same draw.

    Returns:
        A `Split` of zeros and ones.

    Reference:
        Salakhutdinov and Murray, 2008 (ICML).
    """
    noise = np.random.default_rng(seed).random(split.x.shape, dtype="float32")
    return Split((noise < split.x).astype("float32"), split.y)


def steps_in_epoch(split, batch_size):
    """Number of batches in one pass over the examples, the partial last one included."""
    return math.ceil(split.size / batch_size)


def training_batches(split, batch_size, seed, first_epoch=0, binarization="none"):
    """Batches of training examples, shuffled anew each epoch, without end.

    What epoch e holds depends on the seed and e alone, so that training which starts again at
    epoch e sees what it would have seen. Feed it to `fit` with `steps_per_epoch`.

    Args:
        split: the training `Split`; it stays in memory as one tensor.
        batch_size: examples in a batch; the last one of an epoch may have fewer.
        seed: whole number that fixes order and binarization.
        first_epoch: the epoch to begin with, counted from 0.
        binarization: `"dynamic"` draws every value anew each epoch, with the grey level as the
            probability (as in Burda et al., 2015, arXiv 1509.00519); `"fixed"` and `"none"` leave
            the examples as they are.

    Returns:
        `tf.data.Dataset` of `(B, ...)` float32.
    """
    x = tf.constant(split.x)
    indices = tf.range(split.size, dtype=tf.int64)

    def epoch_batches(epoch):
        epoch_seed = tf.stack([tf.constant(seed, tf.int64), epoch])
        order = tf.random.experimental.stateless_shuffle(indices, seed=epoch_seed)

        def batch(step, rows):
            values = tf.gather(x, rows)
            if binarization == "dynamic":
                step_seed = tf.random.fold_in(epoch_seed, step)
                noise = tf.random.stateless_uniform(tf.shape(values), seed=step_seed)
                values = tf.cast(noise < values, tf.float32)
            return values

        return tf.data.Dataset.from_tensor_slices(order).batch(batch_size).enumerate().map(batch)

    epochs = tf.data.Dataset.range(first_epoch, tf.int64.max)
    return _ahead(epochs.flat_map(epoch_batches))


def evaluation_batches(split, batch_size):
    """Batches of `(B, ...)` float32 in the order of the split, once."""
    return _ahead(tf.data.Dataset.from_tensor_slices(split.x).batch(batch_size))


def _ahead(batches):
    """The batches, two of them made ready ahead."""
    # The autotuner of tf.data sleeps for 10 ms, 20 ms, 40 ms ... and an iterator cannot end before
    # it wakes up, so that an epoch of three seconds would last five.
    options = tf.data.Options()
    options.autotune.enabled = False
    return batches.prefetch(2).with_options(options)
