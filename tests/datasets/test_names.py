"""The registry of data-set names."""

import pytest

from keras_vrae.datasets import names
from keras_vrae.datasets.images.loading import MNIST_FAMILY
from keras_vrae.datasets.series.loading import READERS
from keras_vrae.validation import SettingError


@pytest.mark.parametrize(
    ("name", "source", "file"),
    [
        ("digits", ("images", "", "digits"), "digits"),
        ("fashion_mnist", ("images", "", "fashion_mnist"), "fashion_mnist"),
        ("tfds:cifar10", ("images", "tfds:", "cifar10"), "tfds-cifar10"),
        ("timeseries:a/b.csv", ("series", "timeseries:", "a/b.csv"), "timeseries-b"),
        ("timeseries:Gun Point", ("series", "timeseries:", "Gun Point"), "timeseries-Gun-Point"),
        ("chorales", ("music", "", "chorales"), "chorales"),
        ("midi:a/songs", ("music", "midi:", "a/songs"), "midi-songs"),
        ("newsgroups", ("text", "", "newsgroups"), "newsgroups"),
        ("text:a/b.csv", ("text", "text:", "a/b.csv"), "text-b"),
        ("tfrecord:/a/set/*.tfrecord", ("tfrecord", "tfrecord:", "/a/set/*.tfrecord"), None),
        ("timeseries:", (None, "", "timeseries:"), "timeseries"),
        ("nothing", (None, "", "nothing"), "nothing"),
    ],
)
def test_parts_of_a_name(name, source, file):
    assert names.source_of(name) == source
    assert names.kind_of(name) == source[0]
    assert names.file_name(name) == (file or "tfrecord-set")


@pytest.mark.parametrize("kind", names.KINDS.values(), ids=names.KINDS)
def test_a_prefix_without_a_rest_is_refused(kind):
    for name in (kind.prefix, kind.prefix[:-1], kind.prefix.upper() + "x", None, 3, []):
        with pytest.raises(SettingError, match=r"`dataset` must be one of .*'tfrecord:GLOB'"):
            names.check_dataset(name)


def test_the_loaders_know_the_names_of_the_registry():
    assert tuple(MNIST_FAMILY) == names.MNIST_FAMILY
    assert (*names.TABLE_ENDINGS, *READERS) == names.SERIES_ENDINGS
