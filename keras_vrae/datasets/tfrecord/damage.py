"""Where a shard is damaged, found when reading it has failed."""

from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf

from keras_vrae.datasets.tfrecord.records import decode
from keras_vrae.validation import DataError

# TensorFlow quotes a record that it cannot parse, and fails at that where it is no text.
UNREADABLE = (tf.errors.InvalidArgumentError, UnicodeDecodeError)
DAMAGE = (*UNREADABLE, tf.errors.DataLossError, tf.errors.NotFoundError)


@contextmanager
def damage_told(split):
    """Names the damaged file and record where reading a part fails while the block runs.

    TensorFlow says neither. So the shards are read again, one after the other, up to the record.

    Args:
        split: a `ShardedSplit`; with any other part nothing is done.

    Raises:
        DataError: in place of TensorFlow's error, where a shard is damaged.
    """
    try:
        yield
    except DAMAGE:
        for shard in getattr(split, "shards", ()):
            check_shard(split.folder, shard, split.description)
        raise  # It was something else.


def check_shard(folder, shard, description):
    """Reads all of a shard; raises `DataError` with the first record that is not as it was."""
    path = Path(folder, shard.file)
    sound, reason = 0, "the file has no more"
    records = tf.data.TFRecordDataset(str(path)).batch(1)
    try:
        for _ in records.map(lambda batch: decode(batch, description)):
            sound += 1
    except tf.errors.NotFoundError:
        raise DataError(f"{path} is not there any more") from None
    except tf.errors.DataLossError:
        reason = "its checksum does not fit, or the file ends in it"
    except UNREADABLE:
        classes = len(description.class_names)
        expected = f"of shape {description.event_shape} with a label below {classes}"
        reason = f"it is not an example {expected}"
    else:
        if sound == shard.examples:
            return
        if sound > shard.examples:
            reason = "there should be no more"
    number = min(sound, shard.examples) + 1
    raise DataError(
        f"{path} is damaged at record {number:,} of {shard.examples:,}: {reason}. Write it again"
    )
