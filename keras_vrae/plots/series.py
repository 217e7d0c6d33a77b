"""Plots of time series."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from numpy.typing import ArrayLike

from keras_vrae.plots.example_plot import ExamplePlot
from keras_vrae.plots.style import CLASS_COLOURS, FADED, hide_frame

MOST_CHANNELS = 13  # In a legend.
LOOKS: dict[str, dict[str, Any]] = {
    "plain": {"linewidth": 1.2},
    "dotted": {"linewidth": 1.4, "alpha": 0.9, "linestyle": ":"},
    "thin": {"linewidth": 0.7, "alpha": 0.4},
    "thick": {"linewidth": 1.8},
}


class Series(ExamplePlot):
    """Draws series `(N, T, D)`, a panel each and a colour for each channel.

    An example is dotted where its reconstruction is drawn over it.

    Args:
        channels: names of the channels for the legend; `()` to number them.
    """

    overlaid = True

    def __init__(self, channels: Iterable[str] = ()) -> None:
        self.channels = tuple(channels)

    def draw(self, axes: Axes, example: ArrayLike, limits: Any = None, look: str = "plain") -> None:
        values = np.asarray(example)
        marker = "o" if len(values) == 1 else None
        for channel, column in enumerate(values.T):
            colour = CLASS_COLOURS[channel % len(CLASS_COLOURS)]
            axes.plot(column, color=colour, marker=marker, **LOOKS[look])

    def prepare(self, axes: Axes) -> None:
        hide_frame(axes)
        axes.tick_params(labelsize=7)

    def add_key(
        self, figure: Figure | SubFigure, panels: list[list[np.ndarray]], limits: Any
    ) -> None:
        axes = figure.axes[0]
        count = np.shape(panels[0][0])[1]
        if count > 1:
            names = self.channels or [f"channel {number + 1}" for number in range(count)]
            for number, name in enumerate(names[:MOST_CHANNELS]):
                colour = CLASS_COLOURS[number % len(CLASS_COLOURS)]
                axes.plot([], [], color=colour, label=name)
            more = count - MOST_CHANNELS
            if more > 0:
                axes.plot([], [], alpha=0, label=f"and {more} more")
        if len(panels[0]) == 2:
            for look, name in (("dotted", "example"), ("plain", "reconstruction")):
                axes.plot([], [], color=FADED, label=name, **LOOKS[look])
        handles, names = axes.get_legend_handles_labels()
        if handles:
            figure.legend(handles, names, loc="outside right upper", frameon=False, fontsize=9)
