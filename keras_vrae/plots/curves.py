"""Training and validation curves."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from keras_vrae.plots.style import CLASS_COLOURS, hide_frame

TRAIN_COLOUR, VALIDATION_COLOUR = CLASS_COLOURS[0], CLASS_COLOURS[1]

# Name in the history, sign, and title where the loss is a bound and where it is not.
PANELS = (
    ("loss", -1.0, "ELBO", "minus the loss (grey levels: no bound)"),
    ("reconstruction", -1.0, "log p(x|z)", "minus the cross-entropy"),
    ("kl", 1.0, "KL(q(z|x) || p(z))", "KL(q(z|x) || p(z))"),
)


def curves(
    rows: Sequence[Mapping[str, float]],
    title: str = "",
    is_bound: bool = True,
    parts: tuple[str, str] = ("training", "validation"),
    comparable: bool = True,
) -> Figure:
    """Draws training and validation curves of the bound and its two terms, in nats per example.

    Args:
        rows: the history, one dict per epoch with `epoch`, `loss`, `reconstruction`, `kl` and their
            `val_` counterparts.
        title: title of the plot.
        is_bound: True if `-loss` is an evidence lower bound.
        parts: names of the two parts of the data.
        comparable: False if the two parts measure different things; each then has a row of panels
            with a scale of its own, validation above.

    Returns:
        `Figure`.
    """
    drawn = list(zip(("", "val_"), (TRAIN_COLOUR, VALIDATION_COLOUR), parts, strict=True))
    in_rows = [drawn] if comparable else [[drawn[1]], [drawn[0]]]
    height = 3.8 if comparable else 6.4
    figure = Figure(figsize=(11, height), dpi=150, layout="constrained")
    grid = figure.subplots(len(in_rows), len(PANELS), squeeze=False, sharex=True)
    marker = "o" if len(rows) == 1 else None
    for panels, curves_of_row in zip(grid, in_rows, strict=True):
        for axes, (name, sign, bound, otherwise) in zip(panels, PANELS, strict=True):
            for prefix, colour, part in curves_of_row:
                epochs = [row["epoch"] for row in rows]
                values = [sign * row[prefix + name] for row in rows]
                axes.plot(epochs, values, color=colour, marker=marker, label=part, linewidth=1.8)
            if curves_of_row is in_rows[0]:
                axes.set_title(bound if is_bound else otherwise, loc="left", fontsize=11)
            axes.grid(axis="y", color="#e5e5e5")
            axes.set_axisbelow(True)
            hide_frame(axes)
            axes.xaxis.get_major_locator().set_params(integer=True)
        panels[0].set_ylabel("nats per example")
        panels[0].legend(frameon=False, loc="best")
    for axes in grid[-1]:
        axes.set_xlabel("epoch")
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    return figure
