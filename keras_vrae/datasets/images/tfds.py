"""Image sets of tensorflow-datasets."""

import urllib.parse
from pathlib import Path

import numpy as np

from keras_vrae.datasets.images import idx
from keras_vrae.datasets.images.preparation import LARGEST_VALUES, make_splits
from keras_vrae.datasets.reachable import unreachable
from keras_vrae.datasets.splits import Splits, cut
from keras_vrae.validation import DataError, SettingError, check_choice, complaint

TEST_SEED = 1


def load_tfds(name: str, data_dir: str | Path | None = None) -> Splits:
    """Loads an image set of tensorflow-datasets, preparing it first if necessary.

    The test part is the set's own `test`, otherwise its `validation`, otherwise a fifth of `train`.
    All images are held in memory.

    Args:
        name: its name there, such as `"mnist"` or `"cifar10"`.
        data_dir: where tensorflow-datasets keeps its data; its own default if None.

    Returns:
        `Splits`.

    Raises:
        SettingError: for an unknown set, or one that is not of labelled images of one size.
        DataError: for a set out of reach, or one that fails to be prepared.
    """
    import tensorflow_datasets as tfds

    base_name = name.split("/")[0].split(":")[0]
    check_choice("dataset", base_name, tfds.list_builders(with_community_datasets=False))
    try:
        builder = tfds.builder(name, data_dir=data_dir)
    except Exception as error:  # A builder is code of others, which may raise anything.
        reason = " ".join(str(error).split())[:200]
        expected = f"a set that tensorflow-datasets can make ({reason})"
        raise SettingError(complaint("dataset", expected, f"tfds:{name}")) from error
    features = builder.info.features
    # Its features are not a dict, and have no get().
    image, label = (dict(features.items()).get(key) for key in ("image", "label"))
    if not (
        isinstance(image, tfds.features.Image)
        and isinstance(label, tfds.features.ClassLabel)
        and None not in image.shape
        and np.dtype(image.np_dtype) in LARGEST_VALUES
    ):
        found = ", ".join(features)
        if isinstance(image, tfds.features.Image):
            found += f"; its images are of {np.dtype(image.np_dtype)} and shape {image.shape}"
        raise SettingError(
            "`dataset` must be a set of labelled images of one size, of 8 or 16 bits. "
            f"Received: dataset='tfds:{name}', whose features are {found}"
        )
    if not builder.is_prepared():
        _prepare(builder, name, data_dir)
    splits = builder.info.splits

    def read_split(split):
        rows = tfds.as_numpy(builder.as_dataset(split=split, batch_size=-1))
        return rows["image"], rows["label"]

    images, labels = read_split("train")
    held_out = next((split for split in ("test", "validation") if split in splits), None)
    if held_out is None:
        rest, test = cut(images, labels, fraction=0.2, seed=TEST_SEED)
        return make_splits((rest.x, rest.y), (test.x, test.y), label.names)
    return make_splits((images, labels), read_split(held_out), label.names)


def _prepare(builder, name, data_dir):
    """Downloads and prepares a set; fails within seconds, not after minutes of retries."""
    manual = Path(data_dir, "downloads", "manual") if data_dir else None
    if not (manual and idx.find_files(manual)):
        for url in sorted({_site(url) for url in builder.url_infos}):
            reason = unreachable(url)
            if reason:
                raise DataError(_remedies(name, data_dir, f"{url} cannot be reached ({reason})"))
    try:
        builder.download_and_prepare()
    except Exception as error:  # It runs code of others, which may raise anything.
        first_line = (str(error).splitlines() or [""])[0]
        reason = f"its preparation failed ({type(error).__name__}: {first_line})"
        raise DataError(_remedies(name, data_dir, reason)) from error


def _remedies(name, data_dir, reason):
    tried = (
        f"found neither IDX files nor prepared data in {data_dir}, then tried a download"
        if data_dir
        else ("tried a download with tensorflow-datasets")
    )
    return (
        f"The data set {name!r} is not available: {tried}; {reason}. "
        "Pass --data_dir=FOLDER with the four IDX files of the MNIST family or a prepared copy, "
        "or use --dataset=digits, which needs no download"
    )


def _site(url):
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
