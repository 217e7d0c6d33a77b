"""Plots of sequences of tokens."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, ListedColormap, Normalize
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from keras_vrae.plots.example_plot import ExamplePlot
from keras_vrae.plots.style import hide_frame

MOST_NAMED = 20  # Tokens that have colours of their own; more have shades.


class Tokens(ExamplePlot):
    """Draws sequences `(N, T)` as rows of cells, one for each step; its colour is the token.

    All sequences of a sheet share one panel.
    """

    most, most_pairs = 40, 40
    columns = 2
    panel_height, margin = 4.0, 1.4
    plane_size = (9, 4)
    shares_axes = False

    def draw(
        self,
        axes: Axes,
        example: ArrayLike,
        limits: Any = None,
        look: str = "plain",
    ) -> None:
        colours, norm = limits
        axes.imshow(
            np.atleast_2d(example), aspect="auto", cmap=colours, norm=norm, interpolation="nearest"
        )

    def limits(self, examples: Sequence[np.ndarray] | np.ndarray) -> tuple[Colormap, Normalize]:
        largest = int(max(np.max(tokens) for tokens in examples))
        colours: Colormap = colormaps["viridis"]
        if largest < MOST_NAMED:
            colours = ListedColormap(colormaps["tab20"](np.arange(largest + 1)))
        return colours.with_extremes(bad="white"), Normalize(-0.5, largest + 0.5)

    def prepare(self, axes: Axes) -> None:
        axes.tick_params(labelsize=7)
        axes.set_yticks([])
        hide_frame(axes)
        axes.spines["left"].set_visible(False)
        locator: Any = axes.xaxis.get_major_locator()
        locator.set_params(integer=True)

    def sheet(self, examples: np.ndarray) -> list[list[np.ndarray]]:
        return [[_stack(examples)]]

    def pairs(
        self, originals: list[np.ndarray], copies: list[np.ndarray]
    ) -> list[list[np.ndarray]]:
        return [[_stack(originals)], [_stack(copies)]]

    def add_key(
        self, figure: Figure | SubFigure, panels: list[list[np.ndarray]], limits: Any
    ) -> None:
        colours, norm = limits
        image = ScalarMappable(norm, colours)
        bar = figure.colorbar(image, ax=figure.axes, fraction=0.04, pad=0.02)
        bar.set_label("token", fontsize=8)
        bar.locator = MaxNLocator(nbins=MOST_NAMED, integer=True)
        bar.ax.tick_params(labelsize=7)


def _stack(sequences):
    """Returns sequences of different lengths as rows `(N, T)`, NaN after their ends."""
    rows = np.full((len(sequences), max(map(len, sequences))), np.nan)
    for row, tokens in zip(rows, sequences, strict=True):
        row[: len(tokens)] = tokens
    return rows
