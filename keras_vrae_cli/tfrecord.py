"""Writing of TFRecord shards."""

from collections.abc import Mapping
from typing import Any

from keras_vrae import datasets
from keras_vrae.datasets.tfrecord.writing import write_splits
from keras_vrae.validation import SettingError, complaint


def run(values: Mapping[str, Any]) -> None:
    """Writes the shards and prints their number and size.

    Args:
        values: values of `keras_vrae_cli.flags.tfrecord`, a dict.
    """
    splits = datasets.load(values["dataset"], values["data_dir"])
    if not hasattr(splits.train, "x"):
        expected = "a data set that is not in shards yet"
        raise SettingError(complaint("dataset", expected, values["dataset"]))
    shards = write_splits(values["output"], splits, values["shards"]).shards
    size = sum(shard.bytes for shard in shards)
    print(f"{len(shards)} shards of {size:,} bytes in {values['output']}")
