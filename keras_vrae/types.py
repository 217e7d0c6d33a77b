"""Names for annotations, of what has no type that all backends share."""

from typing import Any, TypeAlias

# A tensor of TensorFlow, JAX or PyTorch, or a NumPy array where one is taken as a tensor: Keras has
# no common type for them.
Tensor: TypeAlias = Any

# Examples in any form that `VAE` takes: an array or a tensor, a list of arrays or DataFrames, a
# sparse matrix of SciPy, a DataFrame, padded sequences `{"x": ..., "lengths": ...}`, or a part of a
# data set; where batches are taken, also a `tf.data.Dataset`, a `PyDataset` or a generator.
Examples: TypeAlias = Any

# Sizes of axes. A size is an int, or None if it is left open; `Any` instead of None spares a check
# where a size is known to be fixed.
Shape: TypeAlias = tuple[int | Any, ...]
