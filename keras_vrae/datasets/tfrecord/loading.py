"""Data sets in TFRecord shards by the pattern of their files."""

import glob
from pathlib import Path
from typing import Any

from keras_vrae.datasets.splits import DataSpec, Splits
from keras_vrae.datasets.tfrecord.damage import check_shard
from keras_vrae.datasets.tfrecord.description import FILE_NAME, PARTS, Description, Shard
from keras_vrae.datasets.tfrecord.sharded_split import ShardedSplit
from keras_vrae.validation import DataError, SettingError, complaint


def load(pattern: str) -> Splits:
    """Loads a data set from shards.

    Args:
        pattern: pattern of the files, all in one folder, such as `"folder/*.tfrecord"`; a part of
            which some shards do not fit is smaller.

    Returns:
        `Splits` whose parts are `ShardedSplit`s.

    Raises:
        SettingError: for a pattern of files in several folders, or none.
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
            raise DataError(f"{path} must be one of the shards that {FILE_NAME} next to it names")
        check_size(folder, known[path.name], description)
    parts: list[Any] = []
    for part in PARTS:
        shards = tuple(known[path.name] for path in paths if known[path.name].part == part)
        parts.append(ShardedSplit(folder, shards, description))
        if not parts[-1].size:
            raise DataError(f"{name} must have examples of the {part} part. Received: none")
    classes = description.class_names
    spec = DataSpec(description.event_shape, len(classes), classes, description.kind)
    train, validation, test = parts
    return Splits(train, validation, test, spec)


def check_size(folder: str | Path, shard: Shard, description: Description) -> None:
    """Raises `DataError` if a shard has more or fewer bytes than when it was written."""
    path = Path(folder, shard.file)
    size = path.stat().st_size
    if size != shard.bytes:
        check_shard(folder, shard, description)
        raise DataError(f"{path} must have {shard.bytes:,} bytes. Received: {size:,}")
