"""Shards as the parts of a data set, which are read as streams."""

import dataclasses
import functools
import glob
import math
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_vrae.backend.tensorflow.workers import in_many_workers, number_of_workers
from keras_vrae.datasets.pipeline.batches import (
    binarized_anew,
    fixed_noise,
    ready_ahead,
    without_end,
)
from keras_vrae.datasets.splits import DataSpec, Split, Splits
from keras_vrae.datasets.tfrecord.damage import check_shard, damage_told
from keras_vrae.datasets.tfrecord.description import FILE_NAME, PARTS, Description
from keras_vrae.datasets.tfrecord.records import decode
from keras_vrae.validation import DataError, SettingError, complaint

BUFFER_EXAMPLES, BUFFER_BYTES = 10_000, 2**28  # Of shuffling; what is reached first.
SAMPLE_EXAMPLES, SAMPLE_BYTES = 10_000, 2**28
OPEN_SHARDS = 8
READ_BATCH = 256


@dataclasses.dataclass(frozen=True)
class ShardedSplit:
    """A part of a data set in shards, which is read anew whenever its examples are needed.

    It takes the place of an array in the methods of a `VAE` and in `keras_vrae.evaluation`.

    Attributes:
        folder: where the shards are.
        shards: its `Shard`s, a tuple; of those that are not read to the end, what is read.
        description: the `Description` of the data set.
        buffer: examples among which the next one of training is drawn; as many as fit into 256
            MiB, 10,000 at most, when None.
        binarization_seed: what fixes the draw of `pipeline.binarize` in place of the grey levels,
            where the examples are read in their order; None for the values as they are.
    """

    folder: Path
    shards: tuple
    description: Description
    buffer: int | None = None
    binarization_seed: int | None = None

    @property
    def size(self):
        """Number of examples."""
        return sum(shard.examples for shard in self.shards)

    @property
    def deviation(self):
        """Standard deviation of all values."""
        return self.description.deviation

    @property
    def inputs(self):
        """What a model takes in the place of an array."""
        return self

    @functools.cached_property
    def y(self):
        """The class numbers, NumPy array `(N,)`."""
        return np.concatenate([labels for _, labels in self._arrays(READ_BATCH)])

    def batches(
        self,
        batch_size,
        seed,
        first_epoch=0,
        binarization="none",
        first_step=0,
        with_labels=False,
        strategy=None,
    ):
        """Batches without end, as `pipeline.training_batches` has them of data in memory.

        In each epoch the shards come in an order of their own, eight of them are read in turns, and
        each next example is drawn among those in the buffer. All follows from the seed, the epoch
        and the step; to begin at a later step, the examples before it are read and left out.

        Of many workers, where their number divides that of the shards, each reads shards of its own
        in each epoch. Otherwise each reads all, and takes its part of each batch.
        """

        def of_worker(context=None):
            worker = context.input_pipeline_id if context else 0
            workers = context.num_input_pipelines if context else 1
            replicas = context.num_replicas_in_sync if context else 1
            batch = functools.partial(
                self._epoch_batches, batch_size, seed, binarization, worker, workers, replicas
            )

            def epoch_batches(epoch):
                skipped = tf.where(epoch == first_epoch, tf.constant(first_step, tf.int64), 0)
                batches = batch(epoch, skipped)
                return batches if with_labels else batches.map(lambda x, y: x)

            return without_end(first_epoch, epoch_batches)

        if reads_own_shards(strategy, len(self.shards)):
            return strategy.distribute_datasets_from_function(of_worker)
        return of_worker()

    def _epoch_batches(
        self, batch_size, seed, binarization, worker, workers, replicas, epoch, skipped
    ):
        """The batches `(x, y)` of an epoch for each replica of a worker, but the first ones."""
        # Of this graph alone. Without it the order would depend on the seed of the process, and
        # `shuffle` take no tensor for its own.
        tf.random.set_seed(1)
        epoch_seed = tf.stack([tf.constant(seed, tf.int64), epoch])
        order = tf.random.experimental.stateless_shuffle(
            tf.range(len(self.shards)), seed=epoch_seed
        )[worker::workers]
        shuffle_seed = tf.random.stateless_uniform(
            (), epoch_seed, minval=0, maxval=2**31 - 1, dtype=tf.int64
        )
        buffer = self.buffer or fitting(
            BUFFER_EXAMPLES, BUFFER_BYTES, self.description.example_bytes
        )
        records = tf.data.Dataset.from_tensor_slices(tf.gather(self._paths(), order)).interleave(
            tf.data.TFRecordDataset, cycle_length=OPEN_SHARDS
        )
        records = records.shuffle(buffer, shuffle_seed, reshuffle_each_iteration=False)
        records = records.batch(math.ceil(batch_size / replicas))
        if replicas > 1:
            # As many batches for each, whatever its shards hold.
            count = math.ceil(self.size / batch_size) * (replicas // workers)
            own = tf.reduce_sum(tf.gather([shard.examples for shard in self.shards], order))
            ends = tf.minimum(tf.range(1, count) * batch_size // replicas, own)
            ends = tf.concat([[0], ends, [own]], 0)
            records = records.rebatch(tf.cast(ends[1:] - ends[:-1], tf.int64))

        def batch(step, records):
            values, labels = decode(records, self.description)
            if binarization == "dynamic":
                values = binarized_anew(values, epoch_seed, step * workers + worker)
            return values, labels

        return records.enumerate().skip(skipped).map(batch)

    def in_order(self, batch_size):
        """The examples once, one shard after the other: a `tf.data.Dataset` of batches `(x, y)`."""
        counts = tf.constant([shard.examples for shard in self.shards], tf.int64)
        records = tf.data.Dataset.from_tensor_slices((self._paths(), counts)).flat_map(
            lambda path, count: tf.data.TFRecordDataset(path).take(count)
        )

        def batch(number, records):
            values, labels = decode(records, self.description)
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
        return ready_ahead(batches.apply(tf.data.experimental.assert_cardinality(steps)))

    def in_batches(self, batch_size):
        """The examples in order, as NumPy arrays `(B, ...)`.

        Raises:
            DataError: for a damaged shard.
        """
        return (values for values, _ in self._arrays(batch_size))

    def binarized(self, seed):
        """The part with the values that `pipeline.binarize` would draw in memory."""
        return dataclasses.replace(self, binarization_seed=seed)

    def rows(self, rows):
        """The first examples: `rows` is a slice that ends where these do."""
        return self._with_counts(self._first(rows.indices(self.size)[1]))

    def sample(self):
        """A `Split` in memory of as many examples from each shard; 10,000 or 256 MiB at most."""
        count = fitting(SAMPLE_EXAMPLES, SAMPLE_BYTES, 4 * self.description.values)
        most = max(1, count // len(self.shards))
        return self._with_counts([min(shard.examples, most) for shard in self.shards]).in_memory()

    def in_memory(self):
        """The examples as a `Split`.

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

    def _first(self, size):
        """How many examples of each shard are among the first ones of all."""
        ends = np.cumsum([0, *(shard.examples for shard in self.shards)])
        return np.diff(np.minimum(ends, size)).tolist()

    def _with_counts(self, counts):
        """The part with so many examples of each shard, the first ones."""
        shards = tuple(
            shard._replace(examples=count)
            for shard, count in zip(self.shards, counts, strict=True)
            if count
        )
        return dataclasses.replace(self, shards=shards)

    def _arrays(self, batch_size):
        with damage_told(self):
            yield from self.in_order(batch_size).as_numpy_iterator()


def reads_own_shards(strategy, shards):
    """Whether each worker of a strategy is to read shards of its own: they can be dealt out."""
    if strategy is None or not in_many_workers(strategy):
        return False
    return shards % number_of_workers(strategy) == 0


def fitting(most, most_bytes, example_bytes):
    """How many examples fit into so many bytes, `most` at most and 1 at least."""
    return max(1, min(most, most_bytes // example_bytes))


def load(pattern):
    """Loads a data set from shards.

    Args:
        pattern: which files, all of one folder, such as `"folder/*.tfrecord"`; with fewer than all
            shards of a part, the part is smaller.

    Returns:
        `Splits` whose parts are `ShardedSplit`s.

    Raises:
        SettingError: where no file fits the pattern, or files of several folders do.
        DataError: for files that are damaged or unknown.
    """
    name = f"tfrecord:{pattern}"
    paths = [Path(path) for path in sorted(glob.glob(pattern, recursive=True))]
    paths = [path for path in paths if path.is_file() and path.name != FILE_NAME]
    if len({path.parent for path in paths}) != 1:
        expected = "tfrecord: and a pattern of files in one folder"
        raise SettingError(complaint("dataset", expected, name))
    folder = paths[0].parent
    description = Description.read(folder)
    known = {shard.file: shard for shard in description.shards}
    for path in paths:
        if path.name not in known:
            raise DataError(f"{path} must be one of the shards that {FILE_NAME} beside it names")
        check_size(folder, known[path.name], description)
    parts = {}
    for part in PARTS:
        shards = tuple(known[path.name] for path in paths if known[path.name].part == part)
        parts[part] = ShardedSplit(folder, shards, description)
        if not parts[part].size:
            raise DataError(f"{name} must have examples of the {part} part. Received: none")
    spec = DataSpec(
        description.event_shape,
        len(description.class_names),
        description.class_names,
        description.kind,
    )
    return Splits(*parts.values(), spec)


def check_size(folder, shard, description):
    """Raises `DataError` where a shard has more or fewer bytes than it was written with."""
    path = Path(folder, shard.file)
    size = path.stat().st_size
    if size != shard.bytes:
        check_shard(folder, shard, description)
        raise DataError(f"{path} must have {shard.bytes:,} bytes. Received: {size:,}")
