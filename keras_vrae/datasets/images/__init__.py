"""Images: scikit-learn's digits, IDX files of the MNIST family, sets of tensorflow-datasets."""

from keras_vrae.datasets.images.loading import load

__all__ = ["load"]
