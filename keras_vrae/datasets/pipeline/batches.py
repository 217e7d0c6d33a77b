"""From arrays to the batches of training, as a `tf.data.Dataset`."""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import ops, tree

from keras_vrae.datasets.pipeline.buckets import like_lengths_together, trim
from keras_vrae.datasets.pipeline.sparse_rows import row_gatherer, target_gatherer
from keras_vrae.datasets.splits import Split
from keras_vrae.rows import is_sparse

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
    if not isinstance(split, Split):
        return split.binarized(seed)
    return split._replace(x=(fixed_noise(seed, 0, split.x.shape) < split.x).astype("float32"))


def fixed_noise(seed, start, shape):
    """The noise of `binarize` for the examples from `start` on, whatever else is drawn.

    Args:
        seed: whole number.
        start: number of examples before these.
        shape: of these examples, `(B, ...)`.

    Returns:
        NumPy array of float32, from 0 to 1.
    """
    generator = np.random.default_rng(seed)
    # A draw of 64 bits makes two values.
    draws, half = divmod(int(start) * math.prod(shape[1:]), 2)
    generator.bit_generator.advance(int(draws))
    if half:
        generator.random(dtype="float32")
    return generator.random(tuple(shape), dtype="float32")


def steps_in_epoch(split, batch_size):
    """Number of batches in one pass over the examples, the partial last one included."""
    return math.ceil(split.size / batch_size)


def training_batches(
    split,
    batch_size,
    seed,
    first_epoch=0,
    binarization="none",
    first_step=0,
    bucket=False,
    with_labels=False,
    target=None,
    strategy=None,
    batches_in_piece=1,
):
    """Batches of training examples, shuffled anew each epoch, without end.

    What a step of epoch e holds depends on the seed, e and the step alone, so that training which
    starts again there sees what it would have seen. Feed it to `fit` with `steps_per_epoch`.

    Args:
        split: the training `Split`; it stays in memory as it is. Or a `tfrecord.ShardedSplit`,
            which is read in each epoch.
        batch_size: examples in a batch; the last one of an epoch may have fewer.
        seed: whole number that fixes order and binarization.
        first_epoch: the epoch to begin with, counted from 0.
        binarization: `"dynamic"` draws every value anew each epoch, with the grey level as the
            probability (as in Burda et al., 2015, arXiv 1509.00519); `"fixed"` and `"none"` leave
            the examples as they are.
        first_step: the batch of that epoch to begin with, counted from 0.
        bucket: whether sequences of like length come together, and their batches are as long as
            the longest of them.
        with_labels: whether each batch is `(x, y)`.
        target: what to give beside each example, an array, sparse matrix or `Mixture` of as many
            rows; a batch then has `(x, target)` for x.
        strategy: the `tf.distribute` strategy of the model, which decides what each worker reads of
            shards; None for one process.
        batches_in_piece: how many batches to put together to one element, of examples in memory
            that are no sparse matrix; the last piece of an epoch may have fewer.

    Returns:
        `tf.data.Dataset` of `(B, ...)` float32, `tf.SparseTensor`s of a sparse matrix, or of dicts
        of padded sequences, or of pairs of these and class numbers `(B,)`; a distributed one of
        workers that read shards of their own.
    """
    if not isinstance(split, Split):
        return split.batches(
            batch_size, seed, first_epoch, binarization, first_step, with_labels, strategy
        )
    gather = row_gatherer(split.x)
    labels = None if split.y is None else tf.constant(split.y)
    gather_target = None if target is None else target_gatherer(target)
    lengths = None if split.lengths is None else tf.constant(split.lengths, tf.int64)
    bucket = bucket and lengths is not None
    indices = tf.range(split.size, dtype=tf.int64)

    def epoch_batches(epoch):
        epoch_seed = tf.stack([tf.constant(seed, tf.int64), epoch])
        order = tf.random.experimental.stateless_shuffle(indices, seed=epoch_seed)
        starts = tf.range(0, split.size, batch_size, dtype=tf.int64)
        if bucket:
            order = like_lengths_together(order, lengths, batch_size)
            starts = tf.random.experimental.stateless_shuffle(starts, seed=epoch_seed)

        def rows_from(start):
            return order[start : start + batch_size]

        def batch(step, rows):
            values = gather(rows)
            if binarization == "dynamic":
                values = binarized_anew(values, epoch_seed, step)
            if lengths is not None:
                values = {"x": values, "lengths": tf.gather(lengths, rows)}
                values = trim(values) if bucket else values
            if gather_target:
                values = values, gather_target(rows)
            if with_labels or gather_target:
                return values, tf.gather(labels, rows)
            return values

        batches = tf.data.Dataset.from_tensor_slices(starts).map(rows_from).enumerate()
        skipped = tf.where(epoch == first_epoch, tf.constant(first_step, tf.int64), 0)
        batches = batches.skip(skipped).map(batch)
        if batches_in_piece == 1:
            return batches
        return batches.rebatch(batches_in_piece * batch_size)

    return without_end(first_epoch, epoch_batches)


def without_end(first_epoch, epoch_batches):
    """The batches of one epoch after the other, made ready ahead.

    That they do not end is said of the dataset: else many workers ask each other in every step.

    Args:
        first_epoch: the epoch to begin with.
        epoch_batches: function of the number of an epoch that returns its `tf.data.Dataset`.
    """
    batches = tf.data.Dataset.range(first_epoch, tf.int64.max).flat_map(epoch_batches)
    endless = tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)
    return ready_ahead(batches.apply(endless))


def binarized_anew(values, epoch_seed, step):
    """Zeros and ones drawn with the grey levels as probabilities, from the seed and the step."""
    step_seed = tf.random.fold_in(epoch_seed, step)
    noise = tf.random.stateless_uniform(tf.shape(values), seed=step_seed)
    return tf.cast(noise < values, tf.float32)


def evaluation_batches(split, batch_size, bucket=False, with_labels=False):
    """Batches of the examples in the order of the split, once; `bucket` lets them be shorter.

    With labels a batch is a pair of examples and class numbers.
    """
    if not isinstance(split, Split):
        batches = split.in_order(batch_size)
        return batches if with_labels else batches.map(lambda x, y: x)
    batches = array_batches(split.inputs, split.y if with_labels else None, batch_size=batch_size)
    if not bucket or split.lengths is None:
        return batches
    return batches.map((lambda x, y: (trim(x), y)) if with_labels else trim)


def common_length(arrays):
    """Number of rows of arrays that all have as many, and None for anything else.

    Args:
        arrays: a structure of arrays, tensors and sparse matrices of SciPy; None stands for one
            that is not there.
    """
    leaves = [leaf for leaf in tree.flatten(arrays) if leaf is not None]
    if not all(isinstance(leaf, np.ndarray) or _is_tensor_or_sparse(leaf) for leaf in leaves):
        return None
    lengths = {leaf.shape[0] if leaf.shape else None for leaf in leaves}
    return lengths.pop() if len(lengths) == 1 else None


def array_batches(x, y=None, sample_weight=None, *, batch_size, shuffle=False):
    """The rows of arrays in batches, each row once.

    Args:
        x: an array, or a structure of arrays, whose first axis is the examples; a sparse matrix of
            SciPy comes as `tf.SparseTensor`s.
        y: the same with labels, or None.
        sample_weight: `(N,)`, or None.
        batch_size: examples in a batch; the last one may have fewer.
        shuffle: whether each pass has an order of its own, which `keras.utils.set_random_seed`
            fixes.

    Returns:
        `tf.data.Dataset` of x, `(x, y)` or `(x, y, sample_weight)`, floating-point values in
        Keras's default precision. The data stay in memory.
    """
    data = keras.utils.pack_x_y_sample_weight(x, y, sample_weight)
    size = common_length(data)
    gatherers, data = (tree.map_structure(of, data) for of in (_gatherer, _as_tensor))
    seeds = tf.data.Dataset.random(rerandomize_each_iteration=True).take(2).batch(2)

    def batches_of_rows(seed):
        rows = tf.range(size, dtype=tf.int64)
        if shuffle:
            rows = tf.random.experimental.stateless_shuffle(rows, seed)
        return tf.data.Dataset.from_tensor_slices(rows).batch(batch_size)

    def take(rows, data):
        return tree.map_structure(lambda gather, array: gather(array, rows), gatherers, data)

    # Data that a function holds stay in memory until Python looks for cycles; these do not.
    batches = tf.data.Dataset.zip(
        seeds.flat_map(batches_of_rows), tf.data.Dataset.from_tensors(data).repeat()
    ).map(take)
    steps = math.ceil(size / batch_size)
    return ready_ahead(batches.apply(tf.data.experimental.assert_cardinality(steps)))


def _is_tensor_or_sparse(array):
    # One `tf.SparseTensor` cannot be cut up.
    return is_sparse(array) or (ops.is_tensor(array) and not isinstance(array, tf.SparseTensor))


def _gatherer(array):
    """A function that takes rows out of the tensor that stands for an array."""
    if not is_sparse(array):
        return tf.gather
    gather = row_gatherer(array)
    return lambda _, rows: gather(rows)


def _as_tensor(array):
    if is_sparse(array):
        return tf.zeros(0)  # Nothing: its gatherer has it.
    dtype = keras.backend.standardize_dtype(array.dtype)
    is_float = keras.backend.is_float_dtype(dtype)
    return ops.convert_to_tensor(array, keras.config.floatx() if is_float else dtype)


def ready_ahead(batches):
    """The batches of a dataset, two of them made ready ahead, without an autotuner.

    The autotuner of tf.data sleeps for 10 ms, 20 ms, 40 ms ... and an iterator cannot end before it
    wakes up, so that an epoch of three seconds would last five.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    # There is nothing to rewrite here, and it would copy the data that a function of a map holds.
    options.experimental_optimization.apply_default_optimizations = False
    # Of data in memory each worker of a cluster can take its part.
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return batches.prefetch(2).with_options(options)
