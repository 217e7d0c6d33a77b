"""Plots of piano rolls."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from keras_vrae.plots.example_plot import ExamplePlot

LOWEST = 21
OCTAVES = range(2, 7)


class Rolls(ExamplePlot):
    """Draws piano rolls `(N, T, 88)`, time to the right and keys upwards."""

    most, most_pairs, most_in_plane = 8, 4, 5
    columns = 2
    panel_height, margin = 1.6, 0.9
    plane_size = (9, 8.9)

    def draw(self, axes: Axes, example: ArrayLike, limits: Any = None, look: str = "plain") -> None:
        roll = np.asarray(example)
        axes.imshow(
            roll.T, origin="lower", aspect="auto", cmap="Greys", vmin=0, vmax=1,
            interpolation="nearest", extent=(0, len(roll), LOWEST - 0.5, LOWEST + 87.5),
        )  # fmt: skip

    def prepare(self, axes: Axes) -> None:
        axes.set_yticks([12 * (octave + 1) for octave in OCTAVES], [f"C{o}" for o in OCTAVES])
        axes.set_ylim(30, 90)
        axes.tick_params(labelsize=7)
