"""A map of documents as SVG inside the report, with the title of a document under the mouse."""

from collections.abc import Mapping
from html import escape

import numpy as np

from keras_vrae.plots.style import CLASS_COLOURS, class_style

SIZE, MARGIN = 640, 12
# A class above the tenth has the colour of one before it, and a ring.
RADIUS, RING = 3.4, 'fill-opacity="0.15" stroke-width="1.4"'


def hover_map(arrays: Mapping[str, np.ndarray]) -> str:
    """Returns the SVG element and its legend.

    Args:
        arrays: those of a run on documents: `map`, `map_rows`, `labels`, `titles`, `class_names`.

    Returns:
        HTML.
    """
    points, rows = arrays["map"], arrays["map_rows"]
    low, high = points.min(axis=0), points.max(axis=0)
    places = MARGIN + (points - low) / (high - low + 1e-12) * (SIZE - 2 * MARGIN)
    names = [str(name) for name in arrays["class_names"]]
    marks = []
    for (x, y), row in zip(places, rows, strict=True):
        label = int(arrays["labels"][row])
        name = names[label] if label >= 0 else "no label"
        title = escape(f"{arrays['titles'][row]} [{name}]")
        marks.append(
            f'<circle cx="{x:.1f}" cy="{SIZE - y:.1f}" r="{RADIUS}" {_style(label)}>'
            f"<title>{title}</title></circle>"
        )
    legend = "".join(
        f'<li><svg width="14" height="14"><circle cx="7" cy="7" r="5" {_style(number)}/></svg> '
        f"{escape(name)}</li>"
        for number, name in enumerate(names)
    )
    return (
        f'<svg class="map" role="img" aria-label="map of documents" viewBox="0 0 {SIZE} {SIZE}">'
        f'{"".join(marks)}</svg><ul class="legend">{legend}</ul>'
    )


def _style(label):
    colour, _ = class_style(label)
    ring = RING if label >= len(CLASS_COLOURS) else 'fill-opacity="0.8" stroke="none"'
    return f'fill="{colour}" {ring}' + (f' stroke="{colour}"' if "width" in ring else "")
