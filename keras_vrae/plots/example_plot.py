"""The contract of what draws examples of one kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure


class ExamplePlot:
    """Draws one example on an `Axes`, and says how a sheet of examples is laid out.

    A subclass implements `draw`. `samples`, `reconstructions`, `plane` and `continuations` of
    `keras_vrae.plots` make sheets with it. A sheet is a list of panels, and a panel is a list of
    examples that share one `Axes`.

    Attributes:
        most: number of examples that a sheet shows at most; None for all.
        most_pairs: number of pairs that a sheet of reconstructions shows at most.
        most_in_plane: number of points in each direction of the plane that are drawn at most.
        columns: number of panels in a row.
        panel_height, margin: height in inches of a row of panels, and of the rest of a sheet.
        plane_size: width and height in inches of a sheet of the plane.
        overlaid: True if `draw` can draw several examples in one panel, with different looks. An
            example and its reconstruction then share one.
        shares_axes: True if all panels of a sheet have the same limits.
        x_label: name of the horizontal axis.

    Example:
        >>> class Spectra(ExamplePlot):
        ...     '''Draws spectra `(N, F)` as bars.'''
        ...
        ...     def draw(self, axes, example, limits=None, look="plain"):
        ...         axes.bar(range(len(example)), example)
        >>> figure = keras_vrae.plots.samples(np.ones((3, 8)), "Spectra", Spectra())
        >>> [len(axes.patches) for axes in figure.axes[:3]]
        [8, 8, 8]
    """

    most: int | None = 20
    most_pairs: int | None = 20
    most_in_plane: int | None = 8
    columns = 5
    panel_height, margin = 1.5, 0.8
    plane_size: tuple[float, float] = (7, 7)
    overlaid = False
    shares_axes = True
    x_label = "time step"

    def draw(self, axes: Axes, example: ArrayLike, limits: Any = None, look: str = "plain") -> None:
        """Draws one example, or several that `sheet` has joined.

        Args:
            axes: `Axes` to draw on.
            example: the example, of the shape that the data have.
            limits: value of `limits` for all examples of the sheet.
            look: `"plain"`; or, in a panel with other examples, `"dotted"`, `"thin"` or `"thick"`.
        """
        raise NotImplementedError

    def limits(self, examples: Sequence[np.ndarray] | np.ndarray) -> Any:
        """Returns what all panels of a sheet share, such as a range of colours; here None."""

    def prepare(self, axes: Axes) -> None:
        """Sets the ticks of one panel."""
        axes.tick_params(labelsize=7)

    def sheet(self, examples: np.ndarray) -> list[list[np.ndarray]]:
        """Returns the panels of examples `(N, ...)`; here a panel for each example."""
        return [[example] for example in examples]

    def pairs(
        self, originals: list[np.ndarray], copies: list[np.ndarray]
    ) -> list[list[np.ndarray]]:
        """Returns the panels of examples and their reconstructions, two lists of arrays."""
        couples = zip(originals, copies, strict=True)
        if self.overlaid:
            return [list(couple) for couple in couples]
        return [[example] for couple in couples for example in couple]

    def plane(self, grid: np.ndarray) -> list[list[np.ndarray]]:
        """Returns the panels of decoded examples `(n, n, ...)`, the upper row first."""
        return [[example] for row in grid for example in row]

    def add_key(
        self, figure: Figure | SubFigure, panels: list[list[np.ndarray]], limits: Any
    ) -> None:
        """Adds what explains the colours of a sheet; here nothing."""
