"""Sets of tensorflow-datasets, without a network."""

import shutil
import time

import numpy as np
import pytest

from keras_vrae import datasets
from keras_vrae.datasets import reachable
from keras_vrae.datasets.images import tfds
from keras_vrae.validation import DataError, SettingError

pytestmark = pytest.mark.filterwarnings("ignore")  # Importing tensorflow-datasets warns.


def test_unknown_set_names_the_nearest():
    with pytest.raises(SettingError, match="Did you mean 'cifar10"):
        datasets.load("tfds:cifar11")


@pytest.mark.parametrize("name", ["imdb_reviews", "coco", "cats_vs_dogs"])
def test_a_set_of_other_data_than_labelled_images_of_one_size_is_refused(name, tmp_path):
    with pytest.raises(SettingError, match="labelled 8-bit images of one size"):
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
