"""Data sets: a name in, three parts and their description out."""

from keras_vrae.datasets import tfrecord
from keras_vrae.datasets.images import digits, idx, tfds
from keras_vrae.datasets.music import chorales, midi
from keras_vrae.datasets.names import (
    CHORALES,
    MIDI_PREFIX,
    NEWSGROUPS,
    SERIES_PREFIX,
    TEXT_PREFIX,
    TFDS_PREFIX,
    TFRECORD_PREFIX,
    check_dataset,
    is_music,
    is_sharded,
)
from keras_vrae.datasets.pipeline import batches as pipeline
from keras_vrae.datasets.series import timeseries
from keras_vrae.datasets.series.series import make_splits, random_tests
from keras_vrae.datasets.splits import DataSpec, Split, Splits, image_splits
from keras_vrae.datasets.text import documents
from keras_vrae.datasets.text.documents import TextSettings
from keras_vrae.validation import check_folder

__all__ = ["DataSpec", "Split", "Splits", "TextSettings", "load", "pipeline"]

DIGIT_NAMES = tuple("0123456789")
FASHION_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
KUZUSHIJI_NAMES = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
# Data sets in the four IDX files of MNIST, and the names of their classes.
MNIST_FAMILY = {"mnist": DIGIT_NAMES, "fashion_mnist": FASHION_NAMES, "kmnist": KUZUSHIJI_NAMES}

FEWEST_PIECES = 5


def load(name, data_dir=None, text=None, **series_options):
    """Loads a data set by name.

    Args:
        name: `"digits"` (comes with scikit-learn), `"mnist"`, `"fashion_mnist"`, `"kmnist"`,
            `"tfds:NAME"` for any set of labelled images of one size in tensorflow-datasets,
            `"timeseries:PATH"` for time series in a `.npz`, `.csv`, `.parquet` or `.ts` file, or
            in one of the sets that aeon carries; `"chorales"`, those of Bach in music21;
            `"midi:PATH"` for the MIDI files of a folder; `"newsgroups"`, or `"text:PATH"` for
            documents of your own (see `keras_vrae.datasets.text.corpus.Corpus` for what may be at PATH);
            `"tfrecord:GLOB"` for shards that `python -m keras_vrae.datasets.tfrecord` has written,
            whose parts are then `tfrecord.ShardedSplit`s.
        data_dir: for the MNIST family a folder with the four IDX files, gzipped or not; for
            newsgroups scikit-learn's cache; otherwise the folder in which tensorflow-datasets
            keeps or prepares its data, or the chorales are kept.
        text: `TextSettings` for documents; the usual ones when None.
        **series_options: `window`, `stride`, `missing`, `standardize` and `tokens` of
            `datasets.timeseries.load`, for time series.

    Returns:
        `Splits` of train, validation and test, and their `DataSpec`.

    Raises:
        SettingError: for an unknown name or a folder that is none.
        DataError: for data that are missing, damaged or out of reach.

    Example:
        >>> splits = keras_vrae.datasets.load("digits")
        >>> splits.train.x.shape, splits.spec.num_classes
        ((1294, 8, 8), 10)
    """
    check_dataset(name)
    if data_dir is not None:
        check_folder("data_dir", data_dir)
    if is_sharded(name):
        return tfrecord.load(name.removeprefix(TFRECORD_PREFIX))
    if is_music(name):
        return music(name, data_dir, **series_options)
    if name.startswith(SERIES_PREFIX):
        return timeseries.load(name.removeprefix(SERIES_PREFIX), **series_options)
    if name == "digits":
        return digits.load()
    if name == NEWSGROUPS:
        return documents.load_newsgroups(data_dir, text)
    if name.startswith(TEXT_PREFIX):
        return documents.load_corpus(name.removeprefix(TEXT_PREFIX), text)
    if name in MNIST_FAMILY and data_dir is not None and idx.find(data_dir):
        return image_splits(*idx.load(data_dir), MNIST_FAMILY[name])
    return tfds.load(name.removeprefix(TFDS_PREFIX), data_dir)


def music(name, folder=None, **options):
    """Piano rolls as `Splits`: 0.8 and 0.2 of the pieces for training and test.

    So it is of windows too: no piece is in both parts. Where pieces are fewer than five, windows of
    each are in both, those of the test part from its end.

    Args:
        name: `"chorales"` or `"midi:PATH"`.
        folder: where the chorales are kept once they are parsed.
        **options: `window` and `stride` of `series.make_splits`.
    """
    options = {**options, "standardize": False, "kind": "roll"}
    if name == CHORALES:
        series, notes = chorales.read(folder), {}
    else:
        series, notes = midi.read_folder(name.removeprefix(MIDI_PREFIX))
    if len(series.values) >= FEWEST_PIECES:
        series = series._replace(tests=random_tests(len(series.values)).tolist())
    splits = make_splits(series, name, **options)
    return splits._replace(spec=splits.spec._replace(notes={**splits.spec.notes, **notes}))
