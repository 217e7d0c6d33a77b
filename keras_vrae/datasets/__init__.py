"""Data sets: `load(name)` gives three parts and their description."""

from keras_vrae.datasets import images, music, pipeline, series, tfrecord
from keras_vrae.datasets import text as documents
from keras_vrae.datasets.names import check_dataset, source_of
from keras_vrae.datasets.splits import DataSpec, Split, Splits
from keras_vrae.datasets.text import TextSettings
from keras_vrae.validation import check_folder

__all__ = ["DataSpec", "Split", "Splits", "TextSettings", "load", "pipeline"]


def load(name, data_dir=None, text=None, **series_options):
    """Loads a data set by name.

    Args:
        name: `"digits"` (comes with scikit-learn), `"mnist"`, `"fashion_mnist"`, `"kmnist"`,
            `"tfds:NAME"` for any set of labelled images of one size in tensorflow-datasets,
            `"timeseries:PATH"` for time series in a `.npz`, `.csv`, `.parquet` or `.ts` file, or
            in one of the sets that come with aeon; `"chorales"`, those of Bach in music21;
            `"midi:PATH"` for the MIDI files of a folder; `"newsgroups"`, or `"text:PATH"` for
            documents of your own (`keras_vrae.datasets.text.Corpus` lists what PATH may be);
            `"tfrecord:GLOB"` for shards that `python -m keras_vrae.datasets.tfrecord` has written,
            whose parts are then `tfrecord.ShardedSplit`s.
        data_dir: for the MNIST family a folder with the four IDX files, gzipped or not; for
            newsgroups scikit-learn's cache; for music a folder that keeps the chorales; otherwise
            the folder in which tensorflow-datasets keeps or prepares its data.
        text: `TextSettings` for documents; the default ones if None.
        **series_options: for time series `window`, `stride`, `missing`, `standardize` and `tokens`
            of `datasets.series.load`, for music `window` and `stride`.

    Returns:
        `Splits` of train, validation and test, and their `DataSpec`.

    Raises:
        SettingError: for an unknown name or a folder that does not exist.
        DataError: for data that are missing, damaged or out of reach.

    Example:
        >>> splits = keras_vrae.datasets.load("digits")
        >>> splits.train.x.shape, splits.spec.num_classes
        ((1294, 8, 8), 10)
    """
    check_dataset(name)
    if data_dir is not None:
        check_folder("data_dir", data_dir)
    kind, _, rest = source_of(name)
    if kind == "tfrecord":
        return tfrecord.load(rest)
    if kind == "music":
        return music.load(name, data_dir, **series_options)
    if kind == "series":
        return series.load(rest, **series_options)
    if kind == "text":
        return documents.load(name, data_dir, text)
    return images.load(name, data_dir)
