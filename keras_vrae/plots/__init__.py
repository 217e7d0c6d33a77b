"""Plots: arrays in, a matplotlib `Figure` out; nothing is shown or saved here."""

from keras_vrae.plots.curves import curves
from keras_vrae.plots.embedding import (
    document_map,
    draw_document_map,
    draw_embedding,
    embedding,
)
from keras_vrae.plots.example_plot import ExamplePlot
from keras_vrae.plots.sheets import continuations, get, plane, reconstructions, samples
from keras_vrae.plots.words import word_table

__all__ = [
    "ExamplePlot",
    "continuations",
    "curves",
    "document_map",
    "draw_document_map",
    "draw_embedding",
    "embedding",
    "get",
    "plane",
    "reconstructions",
    "samples",
    "word_table",
]
