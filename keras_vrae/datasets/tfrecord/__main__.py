"""Writes a data set into TFRecord shards, for `--dataset='tfrecord:FOLDER/*.tfrecord'`."""

import argparse
import sys

from keras_vrae import datasets
from keras_vrae.datasets.tfrecord.writing import write_splits
from keras_vrae.validation import SettingError


def main(arguments=None):
    """Runs the program; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m keras_vrae.datasets.tfrecord", description=__doc__
    )
    parser.add_argument("--dataset", required=True, help="images, as in train_main.py")
    parser.add_argument("--data_dir", help="folder of the data, as in train_main.py")
    parser.add_argument("--output", required=True, help="folder to write to, empty or new")
    parser.add_argument("--shards", type=int, default=8, help="of each part (default: 8)")
    flags = parser.parse_args(arguments)
    try:
        splits = datasets.load(flags.dataset, flags.data_dir)
        if not hasattr(splits.train, "x"):
            raise SettingError("`dataset` must not be in shards yet. Received: tfrecord")
        description = write_splits(flags.output, splits, flags.shards)
    except SettingError as error:
        return _fail(2, error)
    except (ValueError, OSError, MemoryError, ImportError) as error:
        return _fail(1, error)
    size = sum(shard.bytes for shard in description.shards)
    print(f"{len(description.shards)} shards of {size:,} bytes in {flags.output}")
    return 0


def _fail(status, error):
    print("tfrecord:", " ".join(str(error).split()), file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
