"""One part of a data set in TFRecord shards, read as a stream."""

import dataclasses
import functools
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_vrae.backend.tensorflow.batches import prepare_ahead
from keras_vrae.backend.tensorflow.replicas import in_many_workers, number_of_workers
from keras_vrae.datasets.pipeline.binarization import fixed_noise
from keras_vrae.datasets.pipeline.training import draw_binary, without_end
from keras_vrae.datasets.splits import Split
from keras_vrae.datasets.tfrecord.damage import naming_damage
from keras_vrae.datasets.tfrecord.description import Description, Shard
from keras_vrae.datasets.tfrecord.records import decode_records

# The shuffling buffer and a sample in memory are of so many examples or bytes, whichever is fewer.
MOST_EXAMPLES, MOST_BYTES = 10_000, 2**28
OPEN_SHARDS = 8
READ_BATCH = 256


@dataclasses.dataclass(frozen=True)
class ShardedSplit:
    """A part of a data set in shards, which is read again whenever its examples are needed.

    The methods of a `VAE` and `keras_vrae.evaluation` take it instead of an array.

    Attributes:
        folder: folder of the shards.
        shards: its `Shard`s, a tuple, with the number of examples to read of each.
        description: the `Description` of the data set.
        buffer: number of examples among which the next one of training is drawn; as many as fit
            into 256 MiB, at most 10,000, if None.
        binarization_seed: seed of the values that `pipeline.binarize` draws when the examples are
            read in order; None for the values as they are.
    """

    folder: Path
    shards: tuple[Shard, ...]
    description: Description
    buffer: int | None = None
    binarization_seed: int | None = None

    @property
    def size(self) -> int:
        """Number of examples."""
        return sum(shard.examples for shard in self.shards)

    @property
    def deviation(self) -> float:
        """Standard deviation of all values."""
        return self.description.deviation

    @property
    def inputs(self) -> "ShardedSplit":
        """The part itself, which a model takes instead of an array."""
        return self

    @functools.cached_property
    def y(self) -> np.ndarray:
        """Class numbers, NumPy array `(N,)`."""
        return np.concatenate([labels for _, labels in self._arrays(READ_BATCH)])

    def batches(
        self,
        batch_size: int,
        seed: int,
        first_epoch: int = 0,
        binarization: str = "none",
        first_step: int = 0,
        with_labels: bool = False,
        strategy: tf.distribute.Strategy | None = None,
    ) -> tf.data.Dataset:
        """Makes batches without end, as `pipeline.training_batches` does of data in memory.

        In each epoch the shards come in an order of their own, eight of them are read in turns, and
        each next example is drawn among those in the buffer. All follows from the seed, the epoch
        and the step; to begin at a later step, the examples before it are read and left out.

        If the number of workers divides that of the shards, each worker reads shards of its own in
        each epoch. Otherwise each reads all, and takes its part of each batch.
        """

        def of_worker(context=None):
            def epoch_batches(epoch):
                skipped = tf.where(epoch == first_epoch, tf.constant(first_step, tf.int64), 0)
                batches = self._epoch_batches(
                    epoch, skipped, batch_size, seed, binarization, context
                )
                return batches if with_labels else batches.map(lambda x, y: x)

            return without_end(first_epoch, epoch_batches)

        if strategy is not None and reads_own_shards(strategy, len(self.shards)):
            return strategy.distribute_datasets_from_function(of_worker)
        return of_worker()

    def _epoch_batches(self, epoch, skipped, batch_size, seed, binarization, context):
        """Makes the batches `(x, y)` of an epoch for each replica of a worker, from a step on."""
        worker, workers, replicas = 0, 1, 1
        if context:
            worker, workers = context.input_pipeline_id, context.num_input_pipelines
            replicas = context.num_replicas_in_sync
        # Sets the seed of this graph alone. Without it the order would depend on the seed of the
        # process, and `shuffle` would not take a tensor for its own.
        tf.random.set_seed(1)
        epoch_seed = tf.stack([tf.constant(seed, tf.int64), epoch])
        order = tf.random.experimental.stateless_shuffle(
            tf.range(len(self.shards)), seed=epoch_seed
        )[worker::workers]
        shuffle_seed = tf.random.stateless_uniform(
            (), epoch_seed, minval=0, maxval=2**31 - 1, dtype=tf.int64
        )
        buffer = self.buffer or examples_in_memory(self.description.example_bytes)
        records = tf.data.Dataset.from_tensor_slices(tf.gather(self._paths(), order)).interleave(
            tf.data.TFRecordDataset, cycle_length=OPEN_SHARDS
        )
        records = records.shuffle(buffer, shuffle_seed, reshuffle_each_iteration=False)
        records = records.batch(math.ceil(batch_size / replicas))
        if replicas > 1:
            # Each replica takes equally many batches, however many examples its shards hold.
            count = math.ceil(self.size / batch_size) * (replicas // workers)
            own = tf.reduce_sum(tf.gather([shard.examples for shard in self.shards], order))
            ends = tf.minimum(tf.range(1, count) * batch_size // replicas, own)
            ends = tf.concat([[0], ends, [own]], 0)
            records = records.rebatch(tf.cast(ends[1:] - ends[:-1], tf.int64))

        def batch(step, records):
            values, labels = decode_records(records, self.description)
            if binarization == "dynamic":
                values = draw_binary(values, epoch_seed, step * workers + worker)
            return values, labels

        return records.enumerate().skip(skipped).map(batch)

    def in_order(self, batch_size: int) -> tf.data.Dataset:
        """Makes batches `(x, y)` of the examples once, one shard after the other."""
        counts = tf.constant([shard.examples for shard in self.shards], tf.int64)
        records = tf.data.Dataset.from_tensor_slices((self._paths(), counts)).flat_map(
            lambda path, count: tf.data.TFRecordDataset(path).take(count)
        )

        @tf.autograph.experimental.do_not_convert
        def batch(number, records):
            values, labels = decode_records(records, self.description)
            if self.binarization_seed is None:
                return values, labels
            noise = tf.numpy_function(
                fixed_noise,
                (self.binarization_seed, number * batch_size, tf.shape(values)),
                tf.float32,
            )
            return tf.cast(tf.reshape(noise, tf.shape(values)) < values, tf.float32), labels

        batches = records.batch(batch_size).enumerate().map(batch)
        steps = math.ceil(self.size / batch_size)
        return prepare_ahead(batches.apply(tf.data.experimental.assert_cardinality(steps)))

    def in_batches(self, batch_size: int) -> Iterator[np.ndarray]:
        """Yields the examples in order, as NumPy arrays `(B, ...)`.

        Raises:
            DataError: for a damaged shard.
        """
        return (values for values, _ in self._arrays(batch_size))

    def binarized(self, seed: int) -> "ShardedSplit":
        """Returns the part with the values that `pipeline.binarize` would draw in memory."""
        return dataclasses.replace(self, binarization_seed=seed)

    def rows(self, rows: slice) -> "ShardedSplit":
        """Returns the part of the first examples: `rows` is a slice without a start."""
        ends = np.cumsum([0, *(shard.examples for shard in self.shards)])
        return self._with_counts(np.diff(np.minimum(ends, rows.indices(self.size)[1])).tolist())

    def sample(self) -> Split:
        """Returns a `Split` of equally many examples of each shard, at most 10,000 or 256 MiB."""
        most = max(1, examples_in_memory(4 * self.description.num_values) // len(self.shards))
        return self._with_counts([min(shard.examples, most) for shard in self.shards]).in_memory()

    def in_memory(self) -> Split:
        """Returns the examples as a `Split`.

        Raises:
            DataError: for a damaged shard.
        """
        x = np.empty((self.size, *self.description.event_shape), "float32")
        y = np.empty(len(x), "int64")
        start = 0
        for values, labels in self._arrays(READ_BATCH):
            x[start : start + len(values)] = values
            y[start : start + len(values)] = labels
            start += len(values)
        return Split(x, y)

    def _paths(self):
        return tf.constant([str(Path(self.folder, shard.file)) for shard in self.shards])

    def _with_counts(self, counts):
        """Returns the part with so many examples of each shard, the first ones."""
        shards = tuple(
            shard._replace(examples=count)
            for shard, count in zip(self.shards, counts, strict=True)
            if count
        )
        return dataclasses.replace(self, shards=shards)

    def _arrays(self, batch_size):
        with naming_damage(self):
            yield from self.in_order(batch_size).as_numpy_iterator()


def reads_own_shards(strategy: tf.distribute.Strategy | None, shards: int) -> bool:
    """Returns whether each worker of a strategy is to read shards of its own."""
    if strategy is None or not in_many_workers(strategy):
        return False
    return shards % number_of_workers(strategy) == 0


def examples_in_memory(example_bytes: int) -> int:
    """Returns the number of examples that may be in memory, at least 1 and at most 10,000."""
    return max(1, min(MOST_EXAMPLES, MOST_BYTES // example_bytes))
