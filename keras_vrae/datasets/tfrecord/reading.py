"""Shards as the parts of a data set: training as a stream, the others in memory."""

import dataclasses
import glob
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_vrae.datasets.pipeline import binarized_anew, ready_ahead
from keras_vrae.datasets.splits import DataSpec, Split, Splits
from keras_vrae.datasets.tfrecord.damage import check_shard, damage_told
from keras_vrae.datasets.tfrecord.description import FILE_NAME, PARTS, Description
from keras_vrae.datasets.tfrecord.records import decode
from keras_vrae.validation import DataError, SettingError, complaint

PART_BYTES = 2**30  # That the validation or test part may have in memory, as float32.
BUFFER_EXAMPLES, BUFFER_BYTES = 10_000, 2**28  # Of shuffling; what is reached first.
SAMPLE_EXAMPLES, SAMPLE_BYTES = 10_000, 2**28
OPEN_SHARDS = 8
READ_BATCH = 256


@dataclasses.dataclass(frozen=True)
class ShardedSplit:
    """The training part of a data set in shards, which is read anew in each epoch.

    Attributes:
        folder: where the shards are.
        shards: its `Shard`s, a tuple.
        description: the `Description` of the data set.
        buffer: examples among which the next one is drawn; as many as fit into 256 MiB, 10,000 at
            most, when None.
    """

    folder: Path
    shards: tuple
    description: Description
    buffer: int | None = None

    @property
    def size(self):
        """Number of examples."""
        return sum(shard.examples for shard in self.shards)

    @property
    def deviation(self):
        """Standard deviation of all values."""
        return self.description.deviation

    def batches(
        self, batch_size, seed, first_epoch=0, binarization="none", first_step=0, with_labels=False
    ):
        """Batches without end, as `pipeline.training_batches` has them of data in memory.

        In each epoch the shards come in an order of their own, eight of them are read in turns, and
        each next example is drawn among those in the buffer. All follows from the seed, the epoch
        and the step; to begin at a later step, the examples before it are read and left out.
        """
        paths = tf.constant([str(Path(self.folder, shard.file)) for shard in self.shards])
        buffer = self.buffer or fitting(
            BUFFER_EXAMPLES, BUFFER_BYTES, self.description.example_bytes
        )

        def epoch_batches(epoch):
            # Of this graph alone. Without it the order would depend on the seed of the process, and
            # `shuffle` take no tensor for its own.
            tf.random.set_seed(1)
            epoch_seed = tf.stack([tf.constant(seed, tf.int64), epoch])
            order = tf.random.experimental.stateless_shuffle(paths, seed=epoch_seed)
            shuffle_seed = tf.random.stateless_uniform(
                (), epoch_seed, minval=0, maxval=2**31 - 1, dtype=tf.int64
            )
            records = tf.data.Dataset.from_tensor_slices(order).interleave(
                tf.data.TFRecordDataset, cycle_length=OPEN_SHARDS
            )
            records = records.shuffle(buffer, shuffle_seed, reshuffle_each_iteration=False)

            def batch(step, records):
                values, labels = decode(records, self.description)
                if binarization == "dynamic":
                    values = binarized_anew(values, epoch_seed, step)
                return (values, labels) if with_labels else values

            skipped = tf.where(epoch == first_epoch, tf.constant(first_step, tf.int64), 0)
            return records.batch(batch_size).enumerate().skip(skipped).map(batch)

        return ready_ahead(tf.data.Dataset.range(first_epoch, tf.int64.max).flat_map(epoch_batches))

    def sample(self):
        """A `Split` in memory of as many examples from each shard; 10,000 or 256 MiB at most."""
        count = fitting(SAMPLE_EXAMPLES, SAMPLE_BYTES, 4 * self.description.values)
        return self.in_memory(max(1, count // len(self.shards)))

    def in_memory(self, most=None):
        """The examples as a `Split`; of each shard the first `most`.

        Raises:
            DataError: for a damaged shard.
        """
        counts = [min(shard.examples, most or shard.examples) for shard in self.shards]
        x = np.empty((sum(counts), *self.description.event_shape), "float32")
        y = np.empty(len(x), "int64")
        start = 0
        with damage_told(self):
            for shard, count in zip(self.shards, counts, strict=True):
                records = tf.data.TFRecordDataset(str(Path(self.folder, shard.file))).take(count)
                decoded = records.batch(READ_BATCH).map(
                    lambda batch: decode(batch, self.description)
                )
                for values, labels in ready_ahead(decoded).as_numpy_iterator():
                    x[start : start + len(values)] = values
                    y[start : start + len(values)] = labels
                    start += len(values)
        return Split(x, y)


def fitting(most, most_bytes, example_bytes):
    """How many examples fit into so many bytes, `most` at most and 1 at least."""
    return max(1, min(most, most_bytes // example_bytes))


def load(pattern):
    """Loads a data set from shards.

    Args:
        pattern: which files, all of one folder, such as `"folder/*.tfrecord"`; with fewer than all
            shards of a part, the part is smaller.

    Returns:
        `Splits` whose training part is a `ShardedSplit`.

    Raises:
        SettingError: where no file fits the pattern, or files of several folders do.
        DataError: for files that are damaged or unknown, and for a validation or test part of more
            than 1 GiB as float32.
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
    for part in PARTS[1:]:
        needed = 4 * description.values * parts[part].size
        if needed > PART_BYTES:
            raise DataError(
                f"The {part} part is held in memory and must have at most {PART_BYTES:,} bytes as "
                f"float32. Received: {needed:,}. Let the pattern name fewer of its shards"
            )
        parts[part] = parts[part].in_memory()
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
