"""Sets of tensorflow-datasets, without a network."""

import shutil
import time

import numpy as np
import pytest

from keras_vrae import datasets
from keras_vrae.datasets import reachable
from keras_vrae.datasets.images import tfds
from keras_vrae.datasets.images.preparation import make_splits
from keras_vrae.validation import DataError, SettingError

pytestmark = pytest.mark.filterwarnings("ignore")  # Importing tensorflow-datasets warns.


def write_tfds(folder, name, shape, dtype):
    """Prepares a set of random images; returns what was written, by part, and its builder."""
    tfds_package = pytest.importorskip("tensorflow_datasets")
    features = tfds_package.features.FeaturesDict(
        {
            "image": tfds_package.features.Image(shape=shape, dtype=dtype, encoding_format="png"),
            "label": tfds_package.features.ClassLabel(names=["ant", "bee"]),
        }
    )
    rng = np.random.default_rng(0)
    sizes = (20, *shape)
    parts = {
        part: rng.integers(0, np.iinfo(dtype).max, sizes, dtype, endpoint=True)
        for part in ("train", "test")
    }
    parts["test"][0], parts["test"][1] = 0, np.iinfo(dtype).max

    def info(self):
        return tfds_package.core.DatasetInfo(builder=self, features=features)

    def generators(self, downloads):
        return {
            part: ((n, {"image": x, "label": n % 2}) for n, x in enumerate(images))
            for part, images in parts.items()
        }

    members = {
        "VERSION": tfds_package.core.Version("1.0.0"),
        "_info": info,
        "_split_generators": generators,
        "_generate_examples": lambda self: (),
    }
    builder = type(name.title(), (tfds_package.core.GeneratorBasedBuilder,), members)
    builder(data_dir=folder).download_and_prepare()
    return parts


@pytest.mark.parametrize(
    ("name", "shape", "dtype"),
    [
        ("coloured", (6, 5, 3), np.uint8),
        ("grey", (6, 5, 1), np.uint8),
        ("deep", (6, 5, 1), np.uint16),
        ("deepcoloured", (6, 5, 3), np.uint16),
    ],
)
def test_the_whole_range_of_values_becomes_zero_to_one(tmp_path, monkeypatch, name, shape, dtype):
    parts = write_tfds(tmp_path, name, shape, dtype)
    import tensorflow_datasets

    known = tensorflow_datasets.list_builders
    monkeypatch.setattr(tensorflow_datasets, "list_builders", lambda **k: [*known(**k), name])
    splits = datasets.load(f"tfds:{name}", tmp_path)
    shape = shape[:2] if shape[2] == 1 else shape
    assert splits.spec.event_shape == shape
    assert splits.spec.class_names == ("ant", "bee")
    for found, source in (([splits.test], "test"), (splits[:2], "train")):
        rows = np.concatenate([part.x for part in found]).reshape(20, -1)
        expected = parts[source].reshape(20, -1) / np.iinfo(dtype).max
        assert rows.dtype == "float32"
        order, expected_order = np.lexsort(rows.T), np.lexsort(expected.T)
        np.testing.assert_allclose(rows[order], expected[expected_order], atol=1e-6)
    assert splits.test.x.min() == 0
    assert splits.test.x.max() == 1


def test_images_of_other_types_are_refused():
    images, labels = np.zeros((12, 4, 4), "float32"), np.zeros(12, int)
    with pytest.raises(DataError, match=r"must be of uint8 or uint16\. Received: float32"):
        make_splits((images, labels), (images, labels), ("a",))


def test_unknown_set_names_the_nearest():
    with pytest.raises(SettingError, match="Did you mean 'cifar10"):
        datasets.load("tfds:cifar11")


@pytest.mark.parametrize("name", ["imdb_reviews", "coco", "cats_vs_dogs"])
def test_a_set_of_other_data_than_labelled_images_of_one_size_is_refused(name, tmp_path):
    with pytest.raises(SettingError, match="labelled images of one size, of 8 or 16 bits"):
        datasets.load(f"tfds:{name}", tmp_path)


@pytest.mark.parametrize("dataset", ["mnist", "tfds:cifar10"])
def test_without_network_loading_fails_within_seconds(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(tfds, "unreachable", lambda url: "no network")
    start = time.perf_counter()
    with pytest.raises(DataError) as error:
        datasets.load(dataset, tmp_path)
    assert time.perf_counter() - start < 15
    message = str(error.value)
    assert "\n" not in message
    for part in ("tried a download", "no network", "--data_dir=FOLDER", "--dataset=digits"):
        assert part in message
    assert not any(tmp_path.rglob("*.tfrecord*"))


def test_an_unreachable_site_is_found_within_the_timeout(monkeypatch):
    monkeypatch.setattr(reachable, "NETWORK_TIMEOUT_SECONDS", 1.0)
    start = time.perf_counter()
    assert reachable.unreachable("http://name.invalid")
    assert time.perf_counter() - start < 3


@pytest.mark.slow
def test_prepared_mnist_equals_the_idx_files(mnist_dir, tmp_path):
    manual = tmp_path / "downloads" / "manual"
    manual.mkdir(parents=True)
    for path in mnist_dir.glob("*.gz"):
        shutil.copy(path, manual)
    direct = datasets.load("mnist", mnist_dir)
    prepared = datasets.load("mnist", tmp_path)
    assert prepared.spec == direct.spec
    # tensorflow-datasets has an order of its own, so the test part is compared as a set.
    sums = [np.sort(splits.test.x.sum(axis=(1, 2))) for splits in (prepared, direct)]
    np.testing.assert_allclose(*sums, rtol=1e-6)
    np.testing.assert_array_equal(np.bincount(prepared.test.y), np.bincount(direct.test.y))
    assert [part.size for part in prepared[:3]] == [part.size for part in direct[:3]]
