"""Pictures of time series: arrays `(N, T, D)` in, a matplotlib `Figure` of small panels out."""

import numpy as np
from matplotlib.figure import Figure

from keras_vrae.plots.images import CLASS_COLOURS, FADED

MOST_PANELS = 20
COLUMNS = 5


def samples(series, title=""):
    """A sheet of series, one panel each and one colour for each channel.

    Args:
        series: `(N, T, D)`; the first 20 are drawn.
        title: what to write above.

    Returns:
        `Figure`.
    """
    series = np.asarray(series)[:MOST_PANELS]
    figure, panels = _panels(len(series), title)
    for axes, values in zip(panels, series, strict=False):
        _draw(axes, values)
    return figure


def reconstructions(originals, copies, title="", lengths=None):
    """Series with their reconstructions: dotted lines, and solid ones of the same colours.

    Args:
        originals: `(N, T, D)`; the first 20 are drawn.
        copies: their reconstructions, likewise.
        title: what to write above.
        lengths: how many steps of each count, or None for all.
    """
    count = min(len(originals), MOST_PANELS)
    figure, panels = _panels(count, title)
    for index, axes in enumerate(panels[:count]):
        steps = originals.shape[1] if lengths is None else int(lengths[index])
        _draw(axes, originals[index, :steps], linewidth=0.8, alpha=0.6, linestyle=":")
        _draw(axes, copies[index, :steps])
    panels[0].plot([], [], color=FADED, linewidth=0.8, linestyle=":", label="example")
    panels[0].plot([], [], color=FADED, linewidth=1.2, label="reconstruction")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper right", frameon=False)
    return figure


def continuations(series, prefix_lengths, truth=None, title="Prefixes and their continuations"):
    """Series with what may follow: a thin line for each continuation, a thick one for the prefix.

    Args:
        series: `(N, K, T, D)`, K continuations of each of N prefixes, which they begin with; the
            first 20 are drawn.
        prefix_lengths: steps of each prefix, `(N,)`.
        truth: what did follow, padded sequences; drawn dotted as far as it goes. None for unknown.
        title: what to write above.

    Returns:
        `Figure`.
    """
    series = np.asarray(series)[:MOST_PANELS]
    figure, panels = _panels(len(series), title)
    for index, (axes, samples) in enumerate(zip(panels, series, strict=False)):
        border = int(prefix_lengths[index])
        for values in samples:
            _draw(axes, values, linewidth=0.7, alpha=0.5)
        if truth is not None:
            steps = min(int(truth["lengths"][index]), samples.shape[1])
            _draw(axes, truth["x"][index][:steps], linewidth=1.0, linestyle=":")
        _draw(axes, samples[0, :border], linewidth=1.8)
        axes.axvline(border - 1, color=FADED, linewidth=0.8)
    return figure


def manifold(series, title="", most=8):
    """Decoded series over a square grid of the prior's quantiles, `(n, n, T, D)` from the bottom.

    Every so many rows and columns are left out that no more than `most` remain in each direction.
    """
    chosen = np.linspace(0, len(series) - 1, min(most, len(series))).round().astype(int)
    grid = np.asarray(series)[np.ix_(chosen, chosen)][::-1]
    figure = Figure(figsize=(7, 7), dpi=150, layout="constrained")
    panels = figure.subplots(*grid.shape[:2], sharex=True, sharey=True, squeeze=False)
    for axes, values in zip(panels.ravel(), grid.reshape(-1, *grid.shape[2:]), strict=True):
        _draw(axes, values)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_color("#dddddd")
    figure.supxlabel("z dimension 1, quantiles 0.02 to 0.98 of the prior", fontsize=10)
    figure.supylabel("z dimension 2, likewise", fontsize=10)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    return figure


def _draw(axes, values, **style):
    marker = "o" if len(values) == 1 else None
    for channel, column in enumerate(values.T):
        colour = CLASS_COLOURS[channel % len(CLASS_COLOURS)]
        axes.plot(column, **{"color": colour, "linewidth": 1.2, "marker": marker, **style})


def _panels(count, title):
    rows = -(-count // COLUMNS)
    figure = Figure(figsize=(9, 0.8 + 1.5 * rows), dpi=150, layout="constrained")
    grid = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
    for axes in grid:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=7)
    for axes in grid[count:]:
        axes.set_axis_off()
    figure.supxlabel("time step", fontsize=9)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure, grid
