"""Pictures of a model of documents: a map of them, and tables of words."""

import textwrap

import numpy as np
from matplotlib import patheffects
from matplotlib.figure import Figure

from keras_vrae.plots.images import CLASS_COLOURS, CLASS_MARKERS, FADED

LINE_INCHES = 0.185
STRIPE = "#f3f5f7"


def document_map(points, labels, class_names, title="", axis_names=("", "")):
    """Documents in the plane, a colour and a marker for each class, with a legend beside them.

    Where there are more classes than colours each has its number as well, at the median of its
    documents and in the legend.

    Args:
        points: coordinates, `(N, 2)`.
        labels: class numbers, `(N,)`; -1 for none.
        class_names: names of the classes in the order of their numbers.
        title: what to write above.
        axis_names: names of the two axes; without them no ticks are drawn.

    Returns:
        `Figure`.
    """
    figure = Figure(figsize=(10.4, 7.2), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    draw_document_map(axes, points, labels, class_names, axis_names)
    axes.set_title(title, loc="left", fontsize=13)
    figure.legend(loc="outside right center", frameon=False, fontsize=10, markerscale=1.2)
    return figure


def draw_document_map(axes, points, labels, class_names, axis_names=("", "")):
    """Draws the documents on `axes`; arguments as in `document_map`."""
    halo = [patheffects.withStroke(linewidth=3, foreground="white")]
    size = float(np.clip(24000 / len(points), 6, 30))
    styles = {-1: ("#c8c8c8", "o")}
    for number in range(len(class_names)):
        colour = CLASS_COLOURS[number % len(CLASS_COLOURS)]
        styles[number] = colour, CLASS_MARKERS[number // len(CLASS_COLOURS) % len(CLASS_MARKERS)]
    numbered = len(class_names) > len(CLASS_COLOURS)
    for number, (colour, marker) in styles.items():
        rows = labels == number
        name = class_names[number] if number >= 0 else "no label"
        if numbered and number >= 0:
            name = f"{number + 1}  {name}"
        if number < 0 and not rows.any():
            continue
        axes.scatter(
            *points[rows].T, s=size, color=colour, marker=marker, alpha=0.75, lw=0, label=name
        )
        if numbered and number >= 0 and rows.any():
            centre = np.median(points[rows], axis=0)
            axes.annotate(
                str(number + 1), centre, ha="center", va="center", weight="bold", path_effects=halo
            )
    axes.set(xlabel=axis_names[0], ylabel=axis_names[1])
    if not any(axis_names):
        axes.set(xticks=[], yticks=[])
    axes.spines[["top", "right"]].set_visible(False)


def word_table(header, rows, widths, title="", bold_rows=()):
    """A table of words as a picture.

    Args:
        header: names of the columns.
        rows: lists of strings; long ones are broken into lines.
        widths: of each column, in characters.
        title: what to write above.
        bold_rows: numbers of the rows to emphasise.

    Returns:
        `Figure`.
    """
    cells = [
        [
            textwrap.wrap(cell, width, max_lines=3, placeholder=" …") or [""]
            for cell, width in zip(row, widths, strict=True)
        ]
        for row in rows
    ]
    heights = [max(map(len, row)) + 0.6 for row in cells]
    total = sum(heights) + 3.6
    figure = Figure(figsize=(0.085 * sum(widths) + 0.5, LINE_INCHES * total), dpi=150)
    axes = figure.add_axes((0.01, 0, 0.98, 1))
    axes.set(xlim=(0, sum(widths)), ylim=(total, 0))
    axes.set_axis_off()
    axes.text(0, 1.0, title, fontsize=11.5, va="center")
    lefts = np.cumsum([0, *widths[:-1]])
    for left, name in zip(lefts, header, strict=True):
        axes.text(left + 0.5, 2.6, name, fontsize=9, color=FADED, va="center")
    top = 3.4
    for number, (row, height) in enumerate(zip(cells, heights, strict=True)):
        if number % 2 == 0:
            axes.axhspan(top, top + height, color=STRIPE, lw=0)
        weight = "bold" if number in bold_rows else "normal"
        for left, lines in zip(lefts, row, strict=True):
            text = "\n".join(lines).replace("$", r"\$")
            axes.text(
                left + 0.5, top + 0.35, text, fontsize=9, va="top", weight=weight, linespacing=1.25
            )
        top += height
    return figure
