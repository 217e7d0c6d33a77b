"""A comparison as one HTML file that needs no other file."""

import base64
import io
from html import escape

from keras_vrae.report.comparison import Comparison
from keras_vrae.report.findings import sentences
from keras_vrae.report.hover_map import hover_map
from keras_vrae.report.plots import panel_plot, panels_of, validation_plot
from keras_vrae.report.wording import explanation, title

STYLE = """
:root { --ink: #1d2327; --faint: #5b6670; --line: #dfe3e6; --accent: #2271b1; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; color: var(--ink); background: #fff;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 1rem 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
ul.findings { padding-left: 1.1rem; font-size: 1.05rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: .4rem .8rem; text-align: right; border-bottom: 1px solid var(--line); }
th { color: var(--faint); font-weight: 600; font-size: .85rem; }
th:first-child, td:first-child { text-align: left; font-weight: 600; position: sticky; left: 0;
  background: #fff; }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); }
figure { margin: 0; }
figcaption { color: var(--faint); font-size: .9rem; padding: .2rem 0; }
img { display: block; width: 100%; height: auto; border: 1px solid var(--line);
  border-radius: 6px; }
svg.map { display: block; width: 100%; border: 1px solid var(--line); border-radius: 6px; }
ul.legend { columns: 14rem; list-style: none; padding: .4rem 0; margin: 0; font-size: .85rem; }
p.note { color: var(--faint); font-size: .9rem; max-width: 46rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; font-size: .9rem; }
dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; }
"""

HEADINGS = {
    "embedding": "Embeddings: test examples in latent space",
    "manifold": "Manifolds: the decoded latent plane",
    "samples": "Samples: p(x|z) for z drawn from the prior",
}


def page(comparison: Comparison) -> str:
    """Returns the text of `report.html`."""
    header, rows = comparison.header_and_rows()
    findings = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences(comparison))
    conditions = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in comparison.conditions()
    )
    sections = "".join(_section(name, comparison) for name in panels_of(comparison))
    heading = escape(title(comparison))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{heading}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{heading}</h1>
<ul class="findings">{findings}</ul>
<h2>Metrics</h2>
<div class="scroll"><table>
<thead><tr>{_cells(header, "th")}</tr></thead>
<tbody>{"".join(f"<tr>{_cells(row, 'td')}</tr>" for row in rows)}</tbody>
</table></div>
<p class="note">{escape(explanation(comparison))}</p>
{sections}
<h2>Validation while training</h2>
{_image(validation_plot(comparison), "validation curves by epoch and by time")}
<h2>Conditions</h2>
<dl>{conditions}</dl>
</body>
</html>
"""


def _cells(values, tag):
    return "".join(f"<{tag}>{escape(value)}</{tag}>" for value in values)


def _section(name, comparison):
    cards = "".join(
        f"<figure>{_image(panel_plot(name, encoder), f'{name}, {encoder.name} encoder')}"
        f"<figcaption>{escape(encoder.name)}</figcaption></figure>"
        for encoder in comparison.encoders
    )
    if name == "embedding" and "map" in comparison.encoders[0].shown.arrays:
        cards = "".join(
            f"<figure>{hover_map(encoder.shown.arrays)}"
            f"<figcaption>{escape(encoder.name)}; point at a document for its title</figcaption>"
            "</figure>"
            for encoder in comparison.encoders
        )
    heading = HEADINGS[name]
    if name == "embedding" and len(comparison.encoders[0].shown.arrays["class_names"]) > 1:
        heading += ", a colour for each class"
    return f'<h2>{escape(heading)}</h2>\n<div class="cards">{cards}</div>\n'


def _image(figure, text):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{escape(text)}" src="data:image/png;base64,{encoded}">'
