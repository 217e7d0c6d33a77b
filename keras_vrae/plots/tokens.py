"""Pictures of sequences of tokens: arrays `(N, T)` in, a matplotlib `Figure` out.

A sequence is a row of cells, one for each step; the colour of a cell is its token.
"""

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

MOST_ROWS = 40
MOST_NAMED = 20  # Tokens that have colours of their own; more have shades.


def samples(tokens, title=""):
    """A sheet of sequences, a row each; the first 40 are drawn."""
    figure, (axes,) = _panels(1, min(len(tokens), MOST_ROWS), title)
    _add_key(figure, _draw(axes, np.asarray(tokens)[:MOST_ROWS], np.max(tokens)))
    return figure


def reconstructions(originals, copies, title="", lengths=None):
    """Sequences to the left and their reconstructions to the right; the first 40 are drawn.

    Args:
        originals, copies: `(N, T)`.
        title: what to write above.
        lengths: how many steps of each count, or None for all.
    """
    largest = max(np.max(originals), np.max(copies))
    figure, panels = _panels(2, min(len(originals), MOST_ROWS), title)
    names = ("test sequences", "their reconstructions")
    for axes, tokens, name in zip(panels, (originals, copies), names, strict=True):
        tokens = np.array(tokens[:MOST_ROWS], float)
        if lengths is not None:
            counts = np.arange(tokens.shape[1]) < np.asarray(lengths)[: len(tokens), np.newaxis]
            tokens[~counts] = np.nan
        drawn = _draw(axes, tokens, largest)
        axes.set_title(name, loc="left", fontsize=9)
    _add_key(figure, drawn)
    return figure


def manifold(tokens, title="", most=8):
    """Decoded sequences over a square grid of the prior's quantiles, `(n, n, T)` from the bottom.

    Every so many rows and columns are left out that no more than `most` remain in each direction.
    """
    chosen = np.linspace(0, len(tokens) - 1, min(most, len(tokens))).round().astype(int)
    grid = np.asarray(tokens)[np.ix_(chosen, chosen)][::-1]
    figure = Figure(figsize=(9, 4), dpi=150, layout="constrained")
    panels = figure.subplots(*grid.shape[:2], squeeze=False)
    for axes, row in zip(panels.ravel(), grid.reshape(-1, 1, grid.shape[2]), strict=True):
        _draw(axes, row, np.max(grid))
        axes.set(xticks=[], yticks=[])
    figure.supxlabel("z dimension 1, quantiles 0.02 to 0.98 of the prior", fontsize=9)
    figure.supylabel("z dimension 2, likewise", fontsize=9)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure


def _draw(axes, rows, largest):
    colours = colormaps["viridis"]
    if largest < MOST_NAMED:
        colours = ListedColormap(colormaps["tab20"].colors[: int(largest) + 1])
    return axes.imshow(
        rows,
        aspect="auto",
        cmap=colours.with_extremes(bad="white"),
        vmin=-0.5,
        vmax=largest + 0.5,
        interpolation="nearest",
    )


def _add_key(figure, image):
    """Says which colour is which token."""
    bar = figure.colorbar(image, ax=figure.axes, fraction=0.04, pad=0.02)
    bar.set_label("token", fontsize=8)
    bar.locator = MaxNLocator(nbins=MOST_NAMED, integer=True)
    bar.ax.tick_params(labelsize=7)


def _panels(count, rows, title):
    figure = Figure(figsize=(9, 1.4 + 0.1 * rows), dpi=150, layout="constrained")
    panels = figure.subplots(1, count, squeeze=False)[0]
    for axes in panels:
        axes.tick_params(labelsize=7)
        axes.set_yticks([])
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.xaxis.get_major_locator().set_params(integer=True)
    figure.supxlabel("time step", fontsize=9)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure, panels
