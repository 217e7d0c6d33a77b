"""The plots of a comparison."""

import itertools
from typing import Any

from matplotlib.figure import Figure, SubFigure

from keras_vrae import plots
from keras_vrae.plots.style import CLASS_COLOURS, hide_frame
from keras_vrae.report.comparison import Comparison, EncoderRuns
from keras_vrae.report.wording import main_metrics

PANELS = ("embedding", "manifold", "samples")
MOST_PIXELS = 5000  # In the width of a plot.
CURVE_COLOURS = (0, 1, 2, 3, 5, 7)
LINES = ("-", "--", ":", "-.")


def panels_of(comparison: Comparison) -> list[str]:
    """Returns the names of the panels that every encoder can show."""
    shown = [encoder.shown.arrays for encoder in comparison.encoders]
    return [name for name in PANELS if name == "embedding" or all(name in a for a in shown)]


def panel_plot(
    name: str, encoder: EncoderRuns, title: str = "", figure: SubFigure | None = None
) -> Figure | Any:
    """Draws one panel of one encoder.

    Args:
        name: one of `PANELS`.
        encoder: the `EncoderRuns`.
        title: title of the panel.
        figure: `SubFigure` to draw in; None for a new `Figure`.

    Returns:
        The figure.
    """
    figure = figure or Figure(figsize=(5, 5), dpi=110, layout="constrained")
    arrays = encoder.shown.arrays
    if name == "embedding":
        _draw_embedding(figure.add_subplot(), arrays)
        figure.suptitle(title, x=0.02, ha="left", fontsize=13)
    else:
        draw = plots.plane if name == "manifold" else plots.samples
        # The arrays of an older run lack the kind.
        kind = plots.get(str(arrays.get("kind", "image")), list(arrays.get("channel_names", ())))
        draw(arrays[name], title, kind, figure=figure)
    return figure


def _draw_embedding(axes, arrays):
    names = [str(label) for label in arrays["class_names"]]
    if "map" in arrays:
        labels = arrays["labels"][arrays["map_rows"]]
        plots.draw_document_map(axes, arrays["map"], labels, names)
    else:
        plots.draw_embedding(axes, arrays["codes"], arrays["labels"], names)


def comparison_plot(comparison: Comparison) -> Figure:
    """Draws all panels of all encoders: a column for each encoder, a row for each panel."""
    panels, encoders = panels_of(comparison), comparison.encoders
    size = (5 * len(encoders), 5 * len(panels) + 0.6)
    dpi = min(110, MOST_PIXELS / size[0])
    figure = Figure(figsize=size, dpi=dpi, layout="constrained")
    grid = figure.subfigures(len(panels), len(encoders), squeeze=False, wspace=0.04)
    for column, encoder in enumerate(encoders):
        for row, name in enumerate(panels):
            metrics = main_metrics(encoder, comparison.is_bound)
            title = "" if row else ": ".join(filter(None, (encoder.name, metrics)))
            panel_plot(name, encoder, title, grid[row][column])
    handles, labels = grid[0][0].axes[0].get_legend_handles_labels()
    columns = min(10 if len(labels) <= 10 else 4, 5 * len(encoders))
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False)
    return figure


def validation_plot(comparison: Comparison) -> Figure:
    """Draws the validation curve of every run, by epoch and by time spent training."""
    figure = Figure(figsize=(10, 3.8), dpi=130, layout="constrained")
    by_epoch, by_time = figure.subplots(1, 2, sharey=True)
    colours = itertools.cycle(CLASS_COLOURS[index] for index in CURVE_COLOURS)
    for number, (encoder, colour) in enumerate(zip(comparison.encoders, colours, strict=False)):
        for index, run in enumerate(encoder.runs):
            values = [-row["val_loss"] for row in run.rows]
            seconds, spent = 0.0, []
            for row in run.rows:
                seconds += row["seconds"]
                spent.append(seconds)
            style = {"color": colour, "label": None if index else encoder.name, "linewidth": 1.6}
            style["linestyle"] = LINES[number // len(CURVE_COLOURS) % len(LINES)]
            style["marker"] = "o" if len(values) == 1 else None
            by_epoch.plot([row["epoch"] for row in run.rows], values, **style)
            by_time.plot(spent, values, **style)
    by_epoch.set_ylabel("ELBO, nats" if comparison.is_bound else "minus the loss, nats")
    by_epoch.set_xlabel("epoch")
    by_epoch.xaxis.get_major_locator().set_params(integer=True)
    by_time.set_xlabel("seconds of training")
    if len(comparison.encoders) <= len(CURVE_COLOURS):
        by_epoch.legend(frameon=False, loc="lower right")
    else:
        figure.legend(
            *by_epoch.get_legend_handles_labels(), loc="outside right upper", frameon=False
        )
    for axes in figure.axes:
        axes.grid(color="#e5e5e5")
        axes.set_axisbelow(True)
        hide_frame(axes)
    return figure
