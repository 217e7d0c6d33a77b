"""Training and validation curves."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from keras_vrae.plots.style import CLASS_COLOURS, hide_frame

TRAIN_COLOUR, VALIDATION_COLOUR = CLASS_COLOURS[0], CLASS_COLOURS[6]


def curves(
    rows: Sequence[Mapping[str, float]],
    title: str = "",
    is_bound: bool = True,
    parts: tuple[str, str] = ("training", "validation"),
) -> Figure:
    """Draws training and validation curves of the bound and its two terms, in nats per example.

    Args:
        rows: the history, one dict per epoch with `epoch`, `loss`, `reconstruction`, `kl` and their
            `val_` counterparts.
        title: title of the plot.
        is_bound: True if `-loss` is an evidence lower bound.
        parts: names of the two parts of the data.

    Returns:
        `Figure`.
    """
    figure = Figure(figsize=(11, 3.8), dpi=150, layout="constrained")
    panels = [
        ("loss", -1.0, "ELBO" if is_bound else "minus the loss (grey levels: no bound)"),
        ("reconstruction", -1.0, "log p(x|z)" if is_bound else "minus the cross-entropy"),
        ("kl", 1.0, "KL(q(z|x) || p(z))"),
    ]
    epochs = [row["epoch"] for row in rows]
    marker = "o" if len(rows) == 1 else None
    for axes, (name, sign, label) in zip(figure.subplots(1, 3), panels, strict=True):
        for prefix, colour, part in (
            ("", TRAIN_COLOUR, parts[0]),
            ("val_", VALIDATION_COLOUR, parts[1]),
        ):
            values = [sign * row[prefix + name] for row in rows]
            axes.plot(epochs, values, color=colour, marker=marker, label=part, linewidth=1.8)
        axes.set_title(label, loc="left", fontsize=11)
        axes.set_xlabel("epoch")
        axes.grid(axis="y", color="#e5e5e5")
        axes.set_axisbelow(True)
        hide_frame(axes)
        axes.xaxis.get_major_locator().set_params(integer=True)
    figure.axes[0].set_ylabel("nats per example")
    figure.axes[0].legend(frameon=False, loc="best")
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    return figure
