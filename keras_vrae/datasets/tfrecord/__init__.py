"""Data sets in TFRecord shards, which are read while a model trains.

`keras-vrae tfrecord` writes them, and `--dataset='tfrecord:FOLDER/*.tfrecord'` reads them.
"""

from keras_vrae.datasets.tfrecord.damage import naming_damage
from keras_vrae.datasets.tfrecord.loading import load
from keras_vrae.datasets.tfrecord.sharded_split import ShardedSplit
from keras_vrae.datasets.tfrecord.writing import write, write_splits

__all__ = ["ShardedSplit", "load", "naming_damage", "write", "write_splits"]
