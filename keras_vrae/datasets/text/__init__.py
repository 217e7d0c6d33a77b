"""Documents as counts of terms or sequences of words: 20 Newsgroups, and files of the user's."""

from keras_vrae.datasets.text.corpus import Corpus
from keras_vrae.datasets.text.documents import TextData, TextSettings, load

__all__ = ["Corpus", "TextData", "TextSettings", "load"]
