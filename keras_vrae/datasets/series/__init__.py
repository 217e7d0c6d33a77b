"""Time series from tables, NumPy and `.ts` files, and from the sets that come with aeon."""

from keras_vrae.datasets.series.loading import load, read_series
from keras_vrae.datasets.series.preparation import Preparation, Series
from keras_vrae.datasets.series.tables import from_dataframe

__all__ = ["Preparation", "Series", "from_dataframe", "load", "read_series"]
