import numpy as np
import pytest
from sklearn.datasets import load_digits

from keras_vrae import datasets
from keras_vrae.validation import SettingError


def test_every_digit_is_in_one_part():
    splits = datasets.load("digits")
    assert [part.size for part in splits[:3]] == [1294, 144, 359]
    images = np.concatenate([part.x for part in splits[:3]]).reshape(1797, 64) * 16
    source = load_digits().data
    order, source_order = np.lexsort(images.T), np.lexsort(source.T)
    np.testing.assert_allclose(images[order], source[source_order], atol=1e-5)
    for part in splits[:3]:
        assert part.x.dtype == "float32"
        assert set(part.y) == set(range(10))


def test_parts_are_the_same_each_time():
    for one, two in zip(datasets.load("digits")[:3], datasets.load("digits")[:3], strict=True):
        np.testing.assert_array_equal(one.x, two.x)


@pytest.mark.parametrize("name", ["digit", "Mnist", "", "tfds:", None])
def test_unknown_name(name):
    with pytest.raises(SettingError, match="`dataset` must be one of 'digits', 'mnist'"):
        datasets.load(name)
