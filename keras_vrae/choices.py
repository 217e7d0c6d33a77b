"""The names that settings choose from, without what they stand for.

A setting is checked against them before Keras is loaded, which takes seconds. The tests hold them
against the tables of the families.
"""

from pathlib import Path, PurePath

from keras_vrae.validation import SettingError, check_choice, check_folder, complaint

ENCODERS = ("dense", "lstm", "gru")
DECODERS = ("dense", "lstm", "gru")
DECODER_INPUTS = ("zero", "teacher", "own")
LIKELIHOODS = ("bernoulli", "gaussian", "multinomial")
STRATEGIES = ("none", "mirrored", "multi_worker")
PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")
BINARIZATIONS = ("dynamic", "fixed", "none")
MNIST_FAMILY = ("mnist", "fashion_mnist", "kmnist")
DATASETS = ("digits", *MNIST_FAMILY)
TFDS_PREFIX = "tfds:"
SERIES_PREFIX = "timeseries:"
MIDI_PREFIX = "midi:"
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
    if is_music(name):
        if name != CHORALES:
            check_folder("dataset", name.removeprefix(MIDI_PREFIX))
        return name
    patterns = (f"{TFDS_PREFIX}NAME", f"{SERIES_PREFIX}PATH", CHORALES, f"{MIDI_PREFIX}PATH")
    return check_choice("dataset", name, (*DATASETS, *patterns, NEWSGROUPS, f"{TEXT_PREFIX}PATH"))


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
