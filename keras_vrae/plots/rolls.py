"""Pictures of piano rolls: arrays `(N, T, 88)` in, a matplotlib `Figure` out."""

import numpy as np
from matplotlib.figure import Figure

MOST_PANELS = 8
LOWEST = 21
OCTAVES = range(2, 7)


def samples(rolls, title=""):
    """A sheet of rolls, time to the right and keys upwards; the first 8 are drawn."""
    figure, panels = _panels(min(len(rolls), MOST_PANELS), title, columns=2)
    for axes, roll in zip(panels, np.asarray(rolls), strict=False):
        _draw(axes, roll)
    return figure


def reconstructions(originals, copies, title="", lengths=None):
    """Pairs of rolls: each original with its reconstruction to the right; the first 4 are drawn."""
    count = min(len(originals), MOST_PANELS // 2)
    figure, panels = _panels(2 * count, title, columns=2)
    for index in range(count):
        steps = originals.shape[1] if lengths is None else int(lengths[index])
        _draw(panels[2 * index], originals[index, :steps])
        _draw(panels[2 * index + 1], copies[index, :steps])
    panels[0].set_title("example", loc="left", fontsize=9)
    panels[1].set_title("reconstruction", loc="left", fontsize=9)
    return figure


def manifold(rolls, title="", most=5):
    """Decoded rolls over a square grid of the prior's quantiles, `(n, n, T, 88)` from below."""
    chosen = np.linspace(0, len(rolls) - 1, min(most, len(rolls))).round().astype(int)
    grid = np.asarray(rolls)[np.ix_(chosen, chosen)][::-1]
    figure, panels = _panels(grid.shape[0] * grid.shape[1], title, columns=grid.shape[1])
    for axes, roll in zip(panels, grid.reshape(-1, *grid.shape[2:]), strict=True):
        _draw(axes, roll)
    figure.supxlabel("z dimension 1, quantiles 0.02 to 0.98 of the prior", fontsize=9)
    figure.supylabel("z dimension 2, likewise", fontsize=9)
    return figure


def _draw(axes, roll):
    axes.imshow(
        np.asarray(roll).T, origin="lower", aspect="auto", cmap="Greys", vmin=0, vmax=1,
        interpolation="nearest", extent=(0, len(roll), LOWEST - 0.5, LOWEST + 87.5),
    )  # fmt: skip


def _panels(count, title, columns):
    rows = -(-count // columns)
    figure = Figure(figsize=(9, 0.9 + 1.6 * rows), dpi=150, layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes in grid:
        axes.set_yticks([12 * (octave + 1) for octave in OCTAVES], [f"C{o}" for o in OCTAVES])
        axes.set_ylim(30, 90)
        axes.tick_params(labelsize=7)
    for axes in grid[count:]:
        axes.set_axis_off()
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure, grid
