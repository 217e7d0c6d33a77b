"""Plots of time series."""

import numpy as np

from keras_vrae.plots.example_plot import ExamplePlot
from keras_vrae.plots.style import CLASS_COLOURS, FADED, hide_frame

LOOKS = {
    "plain": {"linewidth": 1.2},
    "dotted": {"linewidth": 0.8, "alpha": 0.6, "linestyle": ":"},
    "thin": {"linewidth": 0.7, "alpha": 0.5},
    "thick": {"linewidth": 1.8},
}


class Series(ExamplePlot):
    """Draws series `(N, T, D)`, a panel each and a colour for each channel.

    An example is dotted where its reconstruction is drawn over it.
    """

    overlaid = True

    def draw(self, axes, example, limits=None, look="plain"):
        values = np.asarray(example)
        marker = "o" if len(values) == 1 else None
        for channel, column in enumerate(values.T):
            colour = CLASS_COLOURS[channel % len(CLASS_COLOURS)]
            axes.plot(column, color=colour, marker=marker, **LOOKS[look])

    def prepare(self, axes):
        hide_frame(axes)
        axes.tick_params(labelsize=7)

    def add_key(self, figure, panels, limits):
        if len(panels[0]) == 2:
            axes = figure.axes[0]
            for look, name in (("dotted", "example"), ("plain", "reconstruction")):
                axes.plot([], [], color=FADED, label=name, **LOOKS[look])
            handles = axes.get_legend_handles_labels()
            figure.legend(*handles, loc="outside upper right", frameon=False)
