"""Tables of words."""

import textwrap
from collections.abc import Container, Sequence

import numpy as np
from matplotlib.figure import Figure

from keras_vrae.plots.style import FADED

LINE_INCHES = 0.185
STRIPE = "#f3f5f7"


def word_table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    title: str = "",
    bold_rows: Container[int] = (),
) -> Figure:
    """Draws a table of words.

    Args:
        header: names of the columns.
        rows: lists of strings; long ones are broken into lines.
        widths: width of each column, in characters.
        title: title of the table.
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
