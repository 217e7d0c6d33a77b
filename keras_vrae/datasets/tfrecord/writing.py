"""Writes a data set into shards."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_vrae.datasets.splits import Splits
from keras_vrae.datasets.tfrecord.description import DTYPES, PARTS, Description, Shard
from keras_vrae.datasets.tfrecord.records import LARGEST_BYTE, encode_record
from keras_vrae.files import replacing
from keras_vrae.validation import DataError, SettingError, check_int, complaint

NO_CLASSES = ("all",)  # The class of examples without labels.
MOST_SHARDS = (
    512  # All of them are open while they are written; a process may open some 1,000 files.
)
BATCH = 256


def write(
    folder: str | Path,
    parts: Mapping[str, Iterable[tuple[np.ndarray, np.ndarray | None]]],
    num_shards: int,
    class_names: Sequence[str] = NO_CLASSES,
    kind: str = "image",
) -> Description:
    """Writes the parts of a data set into shards, without holding them in memory.

    Args:
        folder: folder to write to, empty or new.
        parts: a dict with `"train"`, `"validation"` and `"test"`, each an iterable of pairs of
            examples `(B, ...)`, all uint8 or all float32, and class numbers `(B,)`, or None.
        num_shards: number of shards of each part, which take the examples in turns.
        class_names: names of the classes.
        kind: kind of the examples, as in `DataSpec`.

    Returns:
        The `Description`, which is written to the same folder last, as `shards.json`.

    Raises:
        SettingError: for a folder that is not empty, or an invalid number of shards.
        DataError: for examples of different shape or type, values that are not finite, and class
            numbers without a name.

    Example:
        >>> import tempfile
        >>> x, y = np.zeros((6, 4, 4), "uint8"), np.arange(6)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     parts = {part: [(x, y)] for part in ("train", "validation", "test")}
        ...     written = write(folder, parts, num_shards=2, class_names="abcdef")
        >>> written.shards[0].file, written.shards[0].examples
        ('train-00000-of-00002.tfrecord', 3)
    """
    folder = Path(folder)
    check_int("shards", num_shards, maximum=MOST_SHARDS)
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise SettingError(complaint("output", "a folder that is empty or not there", str(folder)))
    shards, deviations = [], []
    formats: set[tuple[tuple[int, ...], str]] = set()
    for part in PARTS:
        checked = _check_batches(parts[part], part, formats, len(class_names))
        found, deviation = _write_part(folder, part, checked, num_shards)
        shards += found
        deviations.append(deviation)
    if not formats:
        raise DataError("A data set must have examples. Received: none")
    ((shape, dtype),) = formats
    description = Description(shape, dtype, tuple(class_names), kind, deviations[0], tuple(shards))
    description.write(folder)
    return description


def write_splits(folder: str | Path, splits: Splits, num_shards: int) -> Description:
    """Writes `Splits` in memory: as bytes if that loses nothing, otherwise as float32.

    Returns:
        The `Description`.

    Raises:
        SettingError: for documents, sequences of unequal length and standardized ones; and as in
            `write`.
    """
    unequal = any(split.lengths is not None for split in splits[:3])
    if unequal or splits.spec.text or splits.spec.standardization:
        kind = splits.spec.kind + (" of unequal length" if unequal else "")
        raise SettingError(
            "`dataset` must be of examples of one shape, neither documents nor standardized. "
            f"Received: kind={kind!r}"
        )
    as_bytes = all(_fits_bytes(split.x) for split in splits[:3])

    def batches(split):
        for start in range(0, split.size, BATCH):
            rows = split.rows(slice(start, start + BATCH))
            x = np.rint(rows.x * LARGEST_BYTE).astype("uint8") if as_bytes else rows.x
            yield x, rows.y

    parts = {part: batches(split) for part, split in zip(PARTS, splits[:3], strict=True)}
    return write(folder, parts, num_shards, splits.spec.class_names, splits.spec.kind)


def _fits_bytes(x):
    for start in range(0, len(x), BATCH):
        rows = x[start : start + BATCH]
        levels = np.rint(rows * LARGEST_BYTE)
        if levels.min() < 0 or levels.max() > LARGEST_BYTE:
            return False
        if not np.array_equal((levels / LARGEST_BYTE).astype("float32"), rows):
            return False
    return True


def _check_batches(batches, part, formats, num_classes):
    for x, y in batches:
        formats.add((x.shape[1:], x.dtype.name))
        y = np.zeros(len(x), "int64") if y is None else y
        if len(formats) > 1 or x.dtype.name not in DTYPES or x.ndim < 2 or len(x) != len(y):
            raise DataError(
                "All examples must have one shape and be uint8 or float32, each with a label. "
                f"Received: in the {part} part {x.dtype} {x.shape} and {len(y)} labels"
            )
        if not np.isfinite(x).all():
            raise DataError(f"Values must be finite numbers. Received: others in the {part} part")
        if len(y) and not 0 <= np.min(y) <= np.max(y) < num_classes:
            raise DataError(
                f"Labels must be from 0 to {num_classes - 1}. Received: labels from {np.min(y)} to "
                f"{np.max(y)} in the {part} part"
            )
        yield x, y


def _write_part(folder, part, batches, num_shards):
    """Writes a part; returns its `Shard`s and the standard deviation of its values as read."""
    names = [f"{part}-{k:05d}-of-{num_shards:05d}.tfrecord" for k in range(num_shards)]
    counts, size = [0] * num_shards, 0
    values, total, squares = 0, 0.0, 0.0
    with ExitStack() as stack:
        asides = [stack.enter_context(replacing(folder / name)) for name in names]
        writers = [stack.enter_context(tf.io.TFRecordWriter(str(aside))) for aside in asides]
        for x, y in batches:
            scale = LARGEST_BYTE if x.dtype == np.uint8 else 1
            scaled = x.astype("float64") / scale
            values, total = values + x.size, total + scaled.sum()
            squares += np.square(scaled).sum()
            for example, label in zip(x, y, strict=True):
                shard = size % num_shards
                writers[shard].write(encode_record(example, label))
                counts[shard] += 1
                size += 1
    shards = [
        Shard(name, part, count, (folder / name).stat().st_size)
        for name, count in zip(names, counts, strict=True)
    ]
    mean = total / max(values, 1)
    return shards, float(np.sqrt(max(squares / max(values, 1) - mean**2, 0.0)))
