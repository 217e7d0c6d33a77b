"""The names that settings choose from, without what they stand for.

A setting is checked against them before Keras is loaded, which takes seconds. The tests hold them
against the tables of the families.
"""

from keras_vrae.validation import check_choice

ENCODERS = ("dense", "lstm", "gru")
LIKELIHOODS = ("bernoulli", "gaussian")
BINARIZATIONS = ("dynamic", "fixed", "none")
MNIST_FAMILY = ("mnist", "fashion_mnist", "kmnist")
DATASETS = ("digits", *MNIST_FAMILY)
TFDS_PREFIX = "tfds:"


def check_dataset(name):
    """Returns `name` when `keras_vrae.datasets.load` takes it, or raises `SettingError`.

    Whether tensorflow-datasets has a set of the name is left to `load`.
    """
    if isinstance(name, str) and name.startswith(TFDS_PREFIX) and len(name) > len(TFDS_PREFIX):
        return name
    return check_choice("dataset", name, (*DATASETS, f"{TFDS_PREFIX}NAME"))
