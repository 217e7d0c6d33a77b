"""Colours and markers that all plots share."""

from matplotlib import patheffects
from matplotlib.axes import Axes

# Ten colours that differ for every kind of colour vision: Petroff, 2021, arXiv 2107.02270.
CLASS_COLOURS = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
CLASS_MARKERS = "osD^vP*X<>"
UNLABELLED_COLOUR = "#c8c8c8"
FADED = "#555555"
HALO = [patheffects.withStroke(linewidth=3, foreground="white")]


def class_style(number: int) -> tuple[str, str]:
    """Returns the colour and the marker of a class; of examples without one for number -1."""
    if number < 0:
        return UNLABELLED_COLOUR, "o"
    rank, colour = divmod(number, len(CLASS_COLOURS))
    return CLASS_COLOURS[colour], CLASS_MARKERS[rank % len(CLASS_MARKERS)]


def hide_frame(axes: Axes) -> None:
    """Hides the lines above and to the right of a plot."""
    axes.spines[["top", "right"]].set_visible(False)
