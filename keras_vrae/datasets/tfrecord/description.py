"""Description of a data set in shards, a JSON file in their folder."""

import json
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_vrae.files import parse_json, replacing
from keras_vrae.validation import DataError, SettingError, check_event_shape, check_int

FILE_NAME = "shards.json"
PARTS = ("train", "validation", "test")
DTYPES = {"uint8": "|u1", "float32": "<f4"}  # NumPy's code for the bytes of a record.
KINDS = ("image", "series", "roll")


class Shard(NamedTuple):
    """One file: its name in the folder, its part, and its numbers of examples and bytes."""

    file: str
    part: str
    examples: int
    bytes: int


class Description(NamedTuple):
    """A data set in shards.

    Attributes:
        event_shape: shape of one example.
        dtype: type of the values in the files, `"uint8"` (255 is read as 1.0) or `"float32"`.
        class_names: names of the classes in the order of their numbers; `("all",)` for examples
            without labels.
        kind: kind of the examples, as in `DataSpec`.
        deviation: standard deviation of all values of the training part, after reading.
        shards: the `Shard`s of all parts, a tuple.
    """

    event_shape: tuple[int, ...]
    dtype: str
    class_names: tuple[str, ...]
    kind: str
    deviation: float
    shards: tuple[Shard, ...]

    @property
    def num_values(self) -> int:
        """Number of values of an example."""
        return math.prod(self.event_shape)

    @property
    def example_bytes(self) -> int:
        """Bytes of the values of an example in the files."""
        return self.num_values * np.dtype(DTYPES[self.dtype]).itemsize

    def write(self, folder: str | Path) -> None:
        """Writes the description into the folder of the shards."""
        content = {**self._asdict(), "shards": [shard._asdict() for shard in self.shards]}
        with replacing(Path(folder, FILE_NAME)) as aside:
            aside.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", "utf-8")

    @classmethod
    def read(cls, folder: str | Path) -> "Description":
        """Reads a description, or raises `DataError` if it is missing or invalid."""
        path = Path(folder, FILE_NAME)
        try:
            content = parse_json(path.read_bytes(), path)
            found = cls(
                check_event_shape("event_shape", content["event_shape"]),
                content["dtype"],
                tuple(str(name) for name in content["class_names"]),
                content["kind"],
                float(content["deviation"]),
                tuple(_parse_shard(shard) for shard in content["shards"]),
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
                "writes next to the shards. Received: a folder without it"
            ) from None
        except DataError:
            raise
        except (OSError, ValueError, TypeError, KeyError, SettingError) as error:
            raise DataError(f"{path} cannot be read: {error!r:.200}") from None
        return found


def _parse_shard(content):
    shard = Shard(**content)
    if shard.part not in PARTS or Path(shard.file).name != shard.file:
        raise ValueError(f"a shard {shard.file!r} of {shard.part!r}")
    for name in ("examples", "bytes"):
        check_int(name, getattr(shard, name), minimum=0)
    return shard
