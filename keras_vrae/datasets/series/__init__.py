"""Time series from CSV, NumPy, Parquet and `.ts` files, and from the sets that come with aeon."""

from keras_vrae.datasets.series.loading import load, read_series

__all__ = ["load", "read_series"]
