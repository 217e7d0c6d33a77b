"""Sets of labelled images by name."""

import warnings
from pathlib import Path

import numpy as np

from keras_vrae.datasets.images import digits, idx, tfds
from keras_vrae.datasets.images.preparation import make_splits
from keras_vrae.datasets.names import source_of
from keras_vrae.datasets.splits import Splits

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


def load(name: str, data_dir: str | Path | None = None) -> Splits:
    """Loads `"digits"`, a set of `MNIST_FAMILY` or `"tfds:NAME"`, as `keras_vrae.datasets.load`."""
    if name == "digits":
        return digits.load_digits()
    if name in MNIST_FAMILY and data_dir is not None and idx.find_files(data_dir):
        return _splits_of_folder(data_dir, MNIST_FAMILY[name])
    return tfds.load_tfds(source_of(name).rest, data_dir)


def _splits_of_folder(folder, class_names):
    """Makes `Splits` of IDX files; labels without a name, as those of EMNIST, name themselves."""
    train, test = idx.read_folder(folder)
    found = np.union1d(train[1], test[1])
    if not found.size or found[-1] < len(class_names):
        return make_splits(train, test, class_names)
    remark = f"labels from {found[0]} to {found[-1]}: its {len(found)} classes are named by number"
    warnings.warn(f"{folder} has {remark}", stacklevel=2)
    train, test = ((images, np.searchsorted(found, labels)) for images, labels in (train, test))
    splits = make_splits(train, test, tuple(map(str, found)))
    return splits._replace(spec=splits.spec._replace(notes={"remarks": [remark]}))
