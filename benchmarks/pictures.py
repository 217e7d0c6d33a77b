"""The pictures of the speed benchmarks."""

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from benchmarks.summary import ENCODERS, best_of

# Okabe and Ito's colours, which people with any kind of colour vision tell apart.
COLOURS = {
    "fit": "#0072B2",
    "threads": "#56B4E9",
    "program": "#CC79A7",
    "tutorial": "#E69F00",
    "dataset": "#F0E442",
    "torch": "#D55E00",
    "jax": "#009E73",
    "limit": "#999999",
}
NAMES = {
    "fit": "keras_vrae, vae.fit(x)",
    "threads": "the same, threads set",
    "program": "keras_vrae, train_main.py",
    "tutorial": "Keras, tutorial",
    "dataset": "Keras, tutorial, tf.data",
    "torch": "PyTorch, best of three",
    "jax": "JAX",
    "limit": "matrix products alone",
}
MARKERS = {"dense": "o", "lstm": "s", "gru": "^"}


def training_figure(report):
    """Bars of training images/s, a panel for each encoder and batch size."""
    results = report["results"]
    encoders, sizes = (
        list(dict.fromkeys(result[key] for result in results)) for key in ("encoder", "batch_size")
    )
    shape = len(sizes), len(encoders)
    size = (2.2 + 3.6 * shape[1], 0.8 + 2.6 * shape[0])
    figure = Figure(figsize=size, dpi=120, layout="constrained")
    grid = figure.subplots(*shape, squeeze=False)
    for result in results:
        row, column = sizes.index(result["batch_size"]), encoders.index(result["encoder"])
        axes = grid[row][column]
        draw_bars(axes, result["training"]["images_per_second"])
        axes.set_title(
            f"{ENCODERS[result['encoder']]}, batches of {result['batch_size']}", loc="left"
        )
    for axes in grid[-1]:
        axes.set_xlabel("training images/s (middle half of the rounds)")
    for axes in grid[:, 1:].flat:
        axes.set_yticklabels([])
    return figure


def draw_bars(axes, figures):
    """One bar a contender, the best variant of each, with its figure written at its end."""
    figures = {family: figures.get(best_of(figures, family)) for family in NAMES}
    families = [family for family, row in figures.items() if row]
    medians = [figures[family]["median"] for family in families]
    longest = max(figures[family]["quartiles"][1] for family in families)
    for place, family in enumerate(families):
        row = figures[family]
        low, high = row["quartiles"]
        axes.barh(place, row["median"], color=COLOURS[family], height=0.72)
        axes.hlines(place, low, high, color="black", linewidth=1.2)
        axes.text(high + 0.02 * longest, place, f"{row['median']:,.0f}", va="center", fontsize=9)
    axes.set_yticks(range(len(families)), [NAMES[family] for family in families])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.2 * max(*medians, longest))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.spines[["top", "right"]].set_visible(False)


SWEEPS = {
    "batch_size": "batch size",
    "hidden_units": "hidden units",
    "steps": "time steps",
    "examples": "examples in the data",
}
CONTENDERS = {"fit": "solid", "tutorial": "dashed"}


def growth_figure(report):
    """Time of a step and peak memory against what grows, one column for each."""
    sweeps = [name for name in SWEEPS if any(p["sweep"] == name for p in report["points"])]
    figure = Figure(figsize=(3.5 * len(sweeps), 6.2), dpi=120, layout="constrained")
    grid = figure.subplots(2, len(sweeps), squeeze=False, sharex="col")
    for column, sweep in zip(grid.T, sweeps, strict=True):
        points = [point for point in report["points"] if point["sweep"] == sweep]
        draw_growth(column[0], points, sweep, "milliseconds_per_step")
        draw_growth(column[1], points, sweep, "peak_memory_mib")
        if sweep == "examples":  # A step takes as long with few as with many.
            column[0].set_ylim(bottom=0)
        else:
            column[0].set_yscale("log")
        column[1].set_ylim(bottom=0)
        column[1].set_xlabel(SWEEPS[sweep])
    grid[0][0].set_ylabel("ms a training step")
    grid[1][0].set_ylabel("peak memory, MiB")
    lines = {line.get_label(): line for axes in grid[0] for line in axes.get_lines()}
    figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=3, frameon=False)
    return figure


def draw_growth(axes, points, sweep, figure):
    """One line for each encoder and contender."""
    sizes = sorted({point[sweep] for point in points})
    for contender, style in CONTENDERS.items():
        for encoder, marker in MARKERS.items():
            own = [p for p in points if (p["contender"], p["encoder"]) == (contender, encoder)]
            if own:
                axes.plot(
                    [point[sweep] for point in own],
                    [point[figure] for point in own],
                    linestyle=style,
                    marker=marker,
                    markersize=4,
                    color=COLOURS[contender],
                    label=f"{NAMES[contender]}, {ENCODERS[encoder]}",
                )
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", which="minor", length=0)
    axes.spines[["top", "right"]].set_visible(False)
