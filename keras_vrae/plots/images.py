"""Plots of images."""

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from keras_vrae.plots.example_plot import ExamplePlot


class Images(ExamplePlot):
    """Draws images `(N, H, W)` or `(N, H, W, C)`, a whole sheet as one image.

    Values are between 0 and 1; others are clipped. Grey images are drawn dark on white.
    """

    most, most_pairs, most_in_plane = None, None, None
    pair_columns = 10
    columns = 1
    panel_height, margin = 6.6, 0.4
    plane_size = (6.6, 7)
    x_label = ""

    def draw(self, axes: Axes, example: ArrayLike, limits: Any = None, look: str = "plain") -> None:
        image = np.clip(np.asarray(example), 0.0, 1.0)
        image = 1.0 - image if image.ndim == 2 else image
        axes.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")

    def prepare(self, axes: Axes) -> None:
        axes.set_axis_off()

    def sheet(self, examples: np.ndarray) -> list[list[np.ndarray]]:
        return [[tile(examples, math.ceil(math.sqrt(len(examples))))]]

    def pairs(
        self, originals: list[np.ndarray], copies: list[np.ndarray]
    ) -> list[list[np.ndarray]]:
        rows = []
        for start in range(0, len(originals), self.pair_columns):
            rows += [part[start : start + self.pair_columns] for part in (originals, copies)]
        columns = self.pair_columns
        # A last row that is not full is filled up, so that each copy stays below its original.
        blank = np.full_like(originals[0], 0.0 if originals[0].ndim == 2 else 1.0)
        full = [[*row, *[blank] * (columns - len(row))] for row in rows]
        return [[tile(np.concatenate(full), columns, in_pairs=True)]]

    def plane(self, grid: np.ndarray) -> list[list[np.ndarray]]:
        return [[tile(grid.reshape(-1, *grid.shape[2:]), grid.shape[1])]]


def tile(images: ArrayLike, columns: int, gap: int = 1, in_pairs: bool = False) -> np.ndarray:
    """Joins images to one image.

    Args:
        images: `(N, H, W)` or `(N, H, W, C)`.
        columns: images in a row.
        gap: pixels between images.
        in_pairs: True if every second row belongs to the one above; the gap below it is wider.

    Returns:
        The image, white between the others.
    """
    images = np.asarray(images, "float32")
    rows = math.ceil(len(images) / columns)
    height, width = images.shape[1:3]
    tops = [(height + gap) * row + (row // 2 * 2 * gap if in_pairs else 0) for row in range(rows)]
    shape = (tops[-1] + height, (width + gap) * columns - gap, *images.shape[3:])
    joined = np.full(shape, 0.0 if images.ndim == 3 else 1.0)
    for index, image in enumerate(images):
        top, left = tops[index // columns], index % columns * (width + gap)
        joined[top : top + height, left : left + width] = image
    return joined
