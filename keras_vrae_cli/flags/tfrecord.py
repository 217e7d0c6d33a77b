"""Writes a data set of images to TFRecord shards.

    python -m keras_vrae.datasets.tfrecord --dataset=mnist --data_dir=FOLDER --output=SHARDS

`--dataset='tfrecord:SHARDS/*.tfrecord'` then trains on them.
"""

from absl import flags

from keras_vrae_cli.flags import parsers

FLAGS = flags.FlagValues()
BACKEND = "tensorflow"
flags.DEFINE(
    parsers.DATASET,
    "dataset",
    None,
    "Images, named as in train_main.py.",
    required=True,
    flag_values=FLAGS,
)
flags.DEFINE(
    parsers.FOLDER,
    "data_dir",
    None,
    "Folder of the data, as in train_main.py.",
    flag_values=FLAGS,
)
flags.DEFINE_string(
    "output", None, "Folder of the shards, empty or new.", required=True, flag_values=FLAGS
)
flags.DEFINE_integer(
    "shards", 8, "Number of shards of each part.", lower_bound=1, flag_values=FLAGS
)
