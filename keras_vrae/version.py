"""The version of the package, alone, so that it can be read without importing Keras."""

__version__ = "0.2.0"
