"""Colours and markers that all plots share."""

from matplotlib import patheffects
from matplotlib.axes import Axes

# Ten colours, none of them grey, found by a search for the largest least difference (CIEDE2000)
# between any two, for usual colour vision and for each kind of dichromacy.
CLASS_COLOURS = (
    "#3138b6",
    "#ffa525",
    "#048e83",
    "#ef3582",
    "#7fcdea",
    "#6d3a48",
    "#8b7e08",
    "#9180e8",
    "#005802",
    "#b7cb99",
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
