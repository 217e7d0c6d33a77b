"""Search for the damaged record of a shard after reading has failed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tensorflow as tf

from keras_vrae.datasets.tfrecord.description import Description, Shard
from keras_vrae.datasets.tfrecord.records import decode_records
from keras_vrae.validation import DataError

# TensorFlow quotes a record that it cannot parse, and fails at that if it is not text.
UNREADABLE = (tf.errors.InvalidArgumentError, UnicodeDecodeError)
DAMAGE = (*UNREADABLE, tf.errors.DataLossError, tf.errors.NotFoundError)


@contextmanager
def naming_damage(split: Any) -> Iterator[None]:
    """Names the damaged file and record if reading a part fails while the block runs.

    TensorFlow names neither. So the shards are read again, one after the other, up to the record.

    Args:
        split: a `ShardedSplit`; any other part is ignored.

    Raises:
        DataError: instead of TensorFlow's error, for a damaged shard.
    """
    try:
        yield
    except DAMAGE:
        for shard in getattr(split, "shards", ()):
            check_shard(split.folder, shard, split.description)
        raise  # It was something else.


def check_shard(folder: str | Path, shard: Shard, description: Description) -> None:
    """Reads a whole shard; raises `DataError` that names the first damaged record."""
    path = Path(folder, shard.file)
    sound, reason = 0, "the file ends before it"
    records = tf.data.TFRecordDataset(str(path)).batch(1)
    try:
        for _ in records.map(lambda batch: decode_records(batch, description)):
            sound += 1
    except tf.errors.NotFoundError:
        raise DataError(f"{path} does not exist any more") from None
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
            reason = "it is one too many"
    number = min(sound, shard.examples) + 1
    raise DataError(
        f"{path} is damaged at record {number:,} of {shard.examples:,}: {reason}. Write it again"
    )
