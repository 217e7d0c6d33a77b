"""Sheets of examples of any kind: samples, reconstructions, the latent plane, continuations."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure, SubFigure
from numpy.typing import ArrayLike

from keras_vrae.plots.example_plot import ExamplePlot
from keras_vrae.plots.images import Images
from keras_vrae.plots.rolls import Rolls
from keras_vrae.plots.series import Series
from keras_vrae.plots.style import FADED
from keras_vrae.plots.tokens import Tokens
from keras_vrae.validation import SettingError, complaint

KINDS = {"image": Images, "series": Series, "roll": Rolls, "tokens": Tokens}
WIDTH = 9


def get(identifier: ExamplePlot | str, channels: Sequence[str] = ()) -> ExamplePlot:
    """Returns the `ExamplePlot` of a kind of examples.

    Args:
        identifier: kind of a `DataSpec` (`"image"`, `"series"`, `"roll"` or `"tokens"`), or an
            `ExamplePlot`.
        channels: names of the channels of series, for their legend, or `()`.

    Raises:
        SettingError: for anything else.
    """
    if isinstance(identifier, ExamplePlot):
        return identifier
    if not isinstance(identifier, str) or identifier not in KINDS:
        expected = f"one of {', '.join(KINDS)}, or an ExamplePlot"
        raise SettingError(complaint("kind", expected, identifier))
    return Series(channels) if identifier == "series" else KINDS[identifier]()


def samples(
    examples: ArrayLike,
    title: str = "",
    kind: ExamplePlot | str = "image",
    figure: Figure | SubFigure | None = None,
) -> Figure | Any:
    """Draws a sheet of examples, such as samples of the model.

    Args:
        examples: `(N, ...)`; the first ones are drawn, as many as the kind has room for.
        title: title of the sheet.
        kind: kind of the examples, as in `get`.
        figure: `Figure` or `SubFigure` to draw in; None for a new one.

    Returns:
        The `Figure`.
    """
    plot = get(kind)
    shown = np.asarray(examples)[: plot.most]
    return _draw_sheet(plot, plot.sheet(shown), plot.limits(shown), title, figure)


def reconstructions(
    originals: Sequence[np.ndarray] | np.ndarray,
    copies: Sequence[np.ndarray] | np.ndarray,
    title: str = "",
    kind: ExamplePlot | str = "image",
    lengths: Sequence[int] | np.ndarray | None = None,
    figure: Figure | SubFigure | None = None,
) -> Figure | Any:
    """Draws examples with their reconstructions.

    Args:
        originals, copies: examples and their reconstructions, `(N, ...)`; the first are drawn.
        title: title of the sheet.
        kind: kind of the examples, as in `get`.
        lengths: number of valid steps of each example, `(N,)`; None if all steps are valid.
        figure: as in `samples`.

    Returns:
        The `Figure`.
    """
    plot = get(kind)
    parts = [list(np.asarray(part)[: plot.most_pairs]) for part in (originals, copies)]
    if lengths is not None:
        parts = [
            [example[: int(steps)] for example, steps in zip(part, lengths, strict=False)]
            for part in parts
        ]
    panels = plot.pairs(*parts)
    figure = _draw_sheet(plot, panels, plot.limits([*parts[0], *parts[1]]), title, figure)
    if not plot.overlaid and len(panels) > 1:
        for axes, name in zip(figure.axes, ("examples", "reconstructions"), strict=False):
            axes.set_title(name, loc="left", fontsize=9)
    return figure


def plane(
    grid: np.ndarray,
    title: str = "",
    kind: ExamplePlot | str = "image",
    figure: Figure | SubFigure | None = None,
) -> Figure | Any:
    """Draws decoded examples over a square grid of the prior's quantiles.

    Args:
        grid: `(n, n, ...)`, as `decode_grid` returns it: dimension 1 to the right, 2 upwards. Rows
            and columns are left out if the kind has no room for them.
        title: title of the sheet.
        kind: kind of the examples, as in `get`.
        figure: as in `samples`.

    Returns:
        The `Figure`.
    """
    plot = get(kind)
    size = min(plot.most_in_plane or len(grid), len(grid))
    chosen = np.linspace(0, len(grid) - 1, size).round().astype(int)
    shown = np.asarray(grid)[np.ix_(chosen, chosen)][::-1]
    panels, limits = plot.plane(shown), plot.limits(shown)
    figure = figure or Figure(figsize=plot.plane_size, dpi=150, layout="constrained")
    side = math.isqrt(len(panels))
    for axes, panel in zip(_panels(plot, figure, side, side), panels, strict=True):
        plot.draw(axes, panel[0], limits)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(visible=True, color="#dddddd")
    figure.supxlabel("z dimension 1, quantiles 0.02 to 0.98 of the prior", fontsize=10)
    figure.supylabel("z dimension 2, the same quantiles", fontsize=10)
    _add_title(figure, title)
    return figure


def continuations(
    examples: ArrayLike,
    prefix_lengths: Sequence[int] | np.ndarray,
    truth: Mapping[str, np.ndarray] | None = None,
    title: str | None = None,
    kind: ExamplePlot | str = "series",
) -> Figure:
    """Draws prefixes with their continuations.

    Of series, a thin line is a continuation, a thick one the prefix and a dotted one what did
    follow. Of other kinds, the first continuation of each prefix is drawn.

    Args:
        examples: `(N, K, T, ...)`, K continuations of each of N prefixes, which they begin with.
        prefix_lengths: number of steps of each prefix, `(N,)`.
        truth: padded sequences of what did follow, a dict; None if that is unknown.
        title: title of the sheet.
        kind: kind of the examples, as in `get`.

    Returns:
        `Figure`.
    """
    plot, examples = get(kind), np.asarray(examples)
    if not plot.overlaid:
        return samples(examples[:, 0], title or "The first continuation of each sequence", plot)
    shown = examples[: plot.most]
    figure = _new_figure(plot, len(shown))
    panels = _panels(plot, figure, *_rows_and_columns(plot, len(shown)))
    for index, (axes, drawn) in enumerate(zip(panels, shown, strict=False)):
        border = int(prefix_lengths[index])
        for values in drawn:
            plot.draw(axes, values, look="thin")
        if truth is not None:
            steps = min(int(truth["lengths"][index]), drawn.shape[1])
            plot.draw(axes, truth["x"][index][:steps], look="dotted")
        plot.draw(axes, drawn[0, :border], look="thick")
        axes.axvline(border - 1, color=FADED, linewidth=0.8)
    _finish(plot, figure, panels, len(shown), title or "Prefixes and their continuations")
    plot.add_key(figure, [[examples[0, 0]]], None)
    return figure


def _draw_sheet(plot, panels, limits, title, figure):
    figure = figure or _new_figure(plot, len(panels))
    grid = _panels(plot, figure, *_rows_and_columns(plot, len(panels)))
    for axes, panel in zip(grid, panels, strict=False):
        for number, example in enumerate(panel):
            is_last = number == len(panel) - 1
            plot.draw(axes, example, limits, "plain" if is_last else "dotted")
    _finish(plot, figure, grid, len(panels), title)
    plot.add_key(figure, panels, limits)
    return figure


def _rows_and_columns(plot, count):
    columns = min(plot.columns, count) if not plot.shares_axes else plot.columns
    return math.ceil(count / columns), columns


def _new_figure(plot, count):
    rows, _ = _rows_and_columns(plot, count)
    width = WIDTH if plot.columns > 1 else plot.plane_size[0]
    size = (width, plot.margin + plot.panel_height * rows)
    return Figure(figsize=size, dpi=150, layout="constrained")


def _panels(plot, figure, rows, columns):
    shared = plot.shares_axes
    panels = figure.subplots(rows, columns, sharex=shared, sharey=shared, squeeze=False).ravel()
    for axes in panels:
        plot.prepare(axes)
    return panels


def _finish(plot, figure, panels, count, title):
    """Adds the words of a sheet and hides the panels that have no example."""
    for axes in panels[count:]:
        axes.set_axis_off()
    if plot.x_label:
        figure.supxlabel(plot.x_label, fontsize=9)
    _add_title(figure, title)


def _add_title(figure, title):
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=11)
