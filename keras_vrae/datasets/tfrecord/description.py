"""What the file beside the shards says of them."""

import json
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_vrae.files import replacing
from keras_vrae.validation import DataError, SettingError, check_event_shape, check_int

FILE_NAME = "shards.json"
PARTS = ("train", "validation", "test")
DTYPES = {"uint8": "|u1", "float32": "<f4"}  # And how the bytes of a record are read.
KINDS = ("image", "series", "roll")


class Shard(NamedTuple):
    """One file: its name in the folder, its part, and how many examples and bytes it holds."""

    file: str
    part: str
    examples: int
    bytes: int


class Description(NamedTuple):
    """A data set in shards.

    Attributes:
        event_shape: shape of one example.
        dtype: of its values in the files, `"uint8"` (255 is read as 1.0) or `"float32"`.
        class_names: what to call the classes, in the order of their numbers; of examples without
            labels, `("all",)`.
        kind: how to draw an example, as in `DataSpec`.
        deviation: standard deviation of all values of the training part, as they are read.
        shards: the `Shard`s of all parts, a tuple.
    """

    event_shape: tuple
    dtype: str
    class_names: tuple
    kind: str
    deviation: float
    shards: tuple

    @property
    def values(self):
        """Number of values of an example."""
        return math.prod(self.event_shape)

    @property
    def example_bytes(self):
        """Bytes of the values of an example in the files."""
        return self.values * np.dtype(DTYPES[self.dtype]).itemsize

    def write(self, folder):
        """Writes the file that says this beside the shards."""
        content = {**self._asdict(), "shards": [shard._asdict() for shard in self.shards]}
        with replacing(Path(folder, FILE_NAME)) as aside:
            aside.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", "utf-8")

    @classmethod
    def read(cls, folder):
        """Reads it again, or raises `DataError` where it is not there or says what cannot be."""
        path = Path(folder, FILE_NAME)
        try:
            content = json.loads(path.read_text("utf-8"))
            found = cls(
                check_event_shape("event_shape", content["event_shape"]),
                content["dtype"],
                tuple(str(name) for name in content["class_names"]),
                content["kind"],
                float(content["deviation"]),
                tuple(_shard(shard) for shard in content["shards"]),
            )
            if found.dtype not in DTYPES or found.kind not in KINDS:
                raise ValueError(f"unknown dtype {found.dtype!r} or kind {found.kind!r}")
            if not found.class_names:
                raise ValueError("no classes")
            if not (math.isfinite(found.deviation) and found.deviation >= 0):
                raise ValueError(f"deviation {found.deviation}")
            for shard in found.shards:
                if shard.bytes < shard.examples * found.example_bytes:
                    raise ValueError(f"{shard.examples} such examples in {shard.bytes} bytes")
        except FileNotFoundError:
            raise DataError(
                f"{folder} must hold {FILE_NAME}, which `python -m keras_vrae.datasets.tfrecord` "
                "writes beside the shards. Received: a folder without it"
            ) from None
        except (OSError, ValueError, TypeError, KeyError, RecursionError, SettingError) as error:
            raise DataError(f"{path} cannot be read: {error!r:.200}") from None
        return found


def _shard(content):
    shard = Shard(**content)
    if shard.part not in PARTS or Path(shard.file).name != shard.file:
        raise ValueError(f"a shard {shard.file!r} of {shard.part!r}")
    for name in ("examples", "bytes"):
        check_int(name, getattr(shard, name), minimum=0)
    return shard
