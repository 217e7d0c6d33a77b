"""Data sets in TFRecord shards, whose training part is read while a model trains.

python -m keras_vrae.datasets.tfrecord --dataset=mnist --data_dir=DIR --output=FOLDER --shards=8
python train_main.py --dataset='tfrecord:FOLDER/*.tfrecord'
"""

from keras_vrae.datasets.tfrecord.damage import damage_told
from keras_vrae.datasets.tfrecord.reading import ShardedSplit, load
from keras_vrae.datasets.tfrecord.writing import write, write_splits

__all__ = ["ShardedSplit", "damage_told", "load", "write", "write_splits"]
