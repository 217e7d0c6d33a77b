"""Loads Triton before TensorFlow, if PyTorch brought it.

PyTorch loads Triton when the first optimizer is made, and Keras loads TensorFlow, where it is
installed, when a model is saved. Both hold LLVM, and TensorFlow 2.20 and later put theirs where
every library finds it: Triton, loaded after it, ends the process with a segmentation fault
(https://github.com/tensorflow/tensorflow/issues/124205).
"""

import contextlib
import sys

if "tensorflow" not in sys.modules:
    with contextlib.suppress(ImportError):
        import triton  # noqa: F401
