"""The pictures of a comparison."""

from matplotlib.figure import Figure

from keras_vrae.plots import images as plots
from keras_vrae.plots import text as text_plots

PANELS = ("embedding", "manifold", "samples")


def panels_of(comparison):
    """The panels that every encoder can show."""
    shown = [encoder.shown.arrays for encoder in comparison.encoders]
    return [name for name in PANELS if name == "embedding" or all(name in a for a in shown)]


def draw_panel(axes, name, encoder):
    """Draws one panel of one encoder on `axes`."""
    arrays = encoder.shown.arrays
    if name == "embedding":
        names = [str(label) for label in arrays["class_names"]]
        if "map" in arrays:
            labels = arrays["labels"][arrays["map_rows"]]
            text_plots.draw_document_map(axes, arrays["map"], labels, names)
        else:
            plots.draw_embedding(axes, arrays["codes"], arrays["labels"], names)
    elif name == "manifold":
        plots.draw_manifold(axes, arrays["manifold"])
    else:
        plots.draw_images(axes, arrays["samples"])


def panel_figure(name, encoder):
    """One panel of one encoder as a figure of its own."""
    figure = Figure(figsize=(5, 5), dpi=110, layout="constrained")
    draw_panel(figure.add_subplot(), name, encoder)
    return figure


def comparison_figure(comparison):
    """All panels of all encoders: a column for each encoder, a row for each kind of panel."""
    panels, encoders = panels_of(comparison), comparison.encoders
    size = (5 * len(encoders), 5 * len(panels) + 0.6)
    figure = Figure(figsize=size, dpi=110, layout="constrained")
    grid = figure.subplots(len(panels), len(encoders), squeeze=False)
    for column, encoder in enumerate(encoders):
        for row, name in enumerate(panels):
            draw_panel(grid[row][column], name, encoder)
        knn = encoder.figure("knn_accuracy")
        knn = knn.text(3) if knn else "no labels"
        elbo = encoder.figure("elbo")
        heading = f"{encoder.name}: kNN {knn}" + (
            f", ELBO {elbo.text(1)}" if comparison.is_bound else ""
        )
        grid[0][column].set_title(heading, fontsize=13, loc="left")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=10 if len(labels) <= 10 else 4,
        frameon=False,
    )
    return figure


def validation_figure(comparison):
    """The validation curve of every run, by epoch and by time spent training."""
    figure = Figure(figsize=(10, 3.8), dpi=130, layout="constrained")
    by_epoch, by_time = figure.subplots(1, 2, sharey=True)
    colours = (plots.CLASS_COLOURS[index] for index in (0, 6, 4, 2, 5, 8))
    for encoder, colour in zip(comparison.encoders, colours, strict=False):
        for index, run in enumerate(encoder.runs):
            values = [-row["val_loss"] for row in run.rows]
            seconds, spent = 0.0, []
            for row in run.rows:
                seconds += row["seconds"]
                spent.append(seconds)
            style = {"color": colour, "label": None if index else encoder.name, "linewidth": 1.6}
            style["marker"] = "o" if len(values) == 1 else None
            by_epoch.plot([row["epoch"] for row in run.rows], values, **style)
            by_time.plot(spent, values, **style)
    by_epoch.set_ylabel("ELBO, nats" if comparison.is_bound else "minus the loss, nats")
    by_epoch.set_xlabel("epoch")
    by_epoch.xaxis.get_major_locator().set_params(integer=True)
    by_time.set_xlabel("seconds of training")
    by_epoch.legend(frameon=False, loc="lower right")
    for axes in figure.axes:
        axes.grid(color="#e5e5e5")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    return figure
