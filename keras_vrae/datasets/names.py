"""The names that settings choose from, without what they stand for.

A setting is checked against them before Keras is loaded, which takes seconds. The tests hold them
against the tables of the families.
"""

import glob
import re
from pathlib import Path, PurePath

from keras_vrae.validation import SettingError, check_choice, check_folder, complaint

ENCODERS = ("dense", "lstm", "gru")
DECODERS = ("dense", "lstm", "gru")
DECODER_INPUTS = ("zero", "teacher", "own")
LIKELIHOODS = ("bernoulli", "gaussian", "multinomial", "categorical")
STRATEGIES = ("none", "mirrored", "multi_worker")
PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")
BINARIZATIONS = ("dynamic", "fixed", "none")
MNIST_FAMILY = ("mnist", "fashion_mnist", "kmnist")
DATASETS = ("digits", *MNIST_FAMILY)
TFDS_PREFIX = "tfds:"
SERIES_PREFIX = "timeseries:"
MIDI_PREFIX = "midi:"
TFRECORD_PREFIX = "tfrecord:"
CHORALES = "chorales"
SERIES_ENDINGS = (".npz", ".csv", ".parquet", ".ts")
MISSING = ("refuse", "interpolate")
SCALINGS = ("standard", "none")
NEWSGROUPS, TEXT_PREFIX = "newsgroups", "text:"
SUPERVISIONS = ("none", "shared", "private")


def check_dataset(name):
    """Returns `name` when `keras_vrae.datasets.load` takes it, or raises `SettingError`.

    Whether tensorflow-datasets has a set of the name is left to `load`.
    """
    for prefix in (TFDS_PREFIX, TEXT_PREFIX):
        if isinstance(name, str) and name.startswith(prefix) and len(name) > len(prefix):
            return name
    if isinstance(name, str) and name.startswith(SERIES_PREFIX) and len(name) > len(SERIES_PREFIX):
        return _check_series(name)
    if is_sharded(name):
        if not glob.glob(name.removeprefix(TFRECORD_PREFIX), recursive=True):
            raise SettingError(complaint("dataset", "tfrecord: and a pattern that files fit", name))
        return name
    if is_music(name):
        if name != CHORALES:
            check_folder("dataset", name.removeprefix(MIDI_PREFIX))
        return name
    patterns = (f"{TFDS_PREFIX}NAME", f"{SERIES_PREFIX}PATH", CHORALES, f"{MIDI_PREFIX}PATH")
    patterns = (*patterns, NEWSGROUPS, f"{TEXT_PREFIX}PATH", f"{TFRECORD_PREFIX}GLOB")
    return check_choice("dataset", name, (*DATASETS, *patterns))


def file_name(dataset):
    """The name of a data set, fit for a file name."""
    for prefix in (SERIES_PREFIX, MIDI_PREFIX):
        if dataset.startswith(prefix):
            dataset = f"{prefix}{PurePath(dataset.removeprefix(prefix)).stem}"
    if is_sharded(dataset):
        folder = Path(dataset.removeprefix(TFRECORD_PREFIX)).absolute().parent
        dataset = f"{TFRECORD_PREFIX}{folder.name}"
    return re.sub(r"[^\w.]+", "-", dataset).strip("-.")


def is_sharded(dataset):
    """Whether a data set is in TFRecord shards, and its training part not held in memory."""
    return isinstance(dataset, str) and dataset.startswith(TFRECORD_PREFIX)


def is_text(dataset):
    """Whether a data set is of documents."""
    return dataset == NEWSGROUPS or str(dataset).startswith(TEXT_PREFIX)


def is_music(name):
    """Whether a data set is of piano rolls."""
    return isinstance(name, str) and (name == CHORALES or name.startswith(MIDI_PREFIX))


def _check_series(name):
    """Returns the name, unless it is that of a file which is not there or of another kind."""
    path = PurePath(name.removeprefix(SERIES_PREFIX))
    if path.suffix.lower() in SERIES_ENDINGS:
        if not Path(path).is_file():
            raise SettingError(complaint("dataset", "timeseries: and a file that exists", name))
    elif path.suffix or len(path.parts) > 1:
        expected = f"timeseries: and a file that ends in {', '.join(SERIES_ENDINGS)}"
        raise SettingError(complaint("dataset", expected, name))
    return name
