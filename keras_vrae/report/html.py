"""A comparison as one HTML file that needs no other file."""

import base64
import hashlib
import io
from html import escape
from importlib import resources

from keras_vrae.report import explorer as explorers
from keras_vrae.report.comparison import Comparison
from keras_vrae.report.findings import sentences
from keras_vrae.report.hover_map import hover_map
from keras_vrae.report.plots import panel_plot, panels_of, validation_plot
from keras_vrae.report.wording import explanation, title

HEADINGS = {
    "embedding": "Embeddings: test examples in latent space",
    "manifold": "Manifolds: the decoded latent plane",
    "samples": "Samples: p(x|z) for z drawn from the prior",
}
HOW_TO = (
    "Point anywhere: the decoder of the run computes the example there, in this page. Point at a "
    "test example: it is next to its reconstruction, and marked in the other planes. A click pins "
    "a point; drag the dot between two pins to go from one to the other. The arrow keys move, "
    "Enter pins, Escape clears. Dashed ellipses are the components of the prior at two standard "
    "deviations."
)


def page(comparison: Comparison, explorer: explorers.Explorer | None = None) -> str:
    """Returns the text of `report.html`.

    Nothing in the page can load anything, and no script runs but that of the package, which the
    page names by its hash.

    Args:
        comparison: the runs.
        explorer: what its explorers show; read from the runs if None.
    """
    explorer = explorers.Explorer.of(comparison) if explorer is None else explorer
    header, rows = comparison.header_and_rows()
    findings = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences(comparison))
    conditions = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in comparison.conditions()
    )
    sections = "".join(_section(name, comparison, explorer) for name in panels_of(comparison))
    heading = escape(title(comparison))
    style = resources.files(__package__).joinpath("page.css").read_text("utf-8")
    script = explorers.script()
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{heading}</title>
<style>{style}</style>
</head>
<body>
<h1>{heading}</h1>
<ul class="findings">{findings}</ul>
<h2>Metrics</h2>
<div class="scroll" tabindex="0"><table>
<thead><tr>{_cells(header, "th")}</tr></thead>
<tbody>{"".join(f"<tr>{_cells(row, 'td')}</tr>" for row in rows)}</tbody>
</table></div>
<p class="note">{escape(explanation(comparison))}</p>
{_explorers(explorer)}
{sections}
<h2>Validation while training</h2>
{_image(validation_plot(comparison), "validation curves by epoch and by time")}
<h2>Conditions</h2>
<dl>{conditions}</dl>
{explorer.data_elements() if explorer.runs else ""}
<script>{script}</script>
</body>
</html>
"""


def _policy(style, script):
    """Returns a Content-Security-Policy that allows one style, one script, and images inside."""
    hashes = (
        base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
        for text in (style, script)
    )
    style_hash, script_hash = (f"'sha256-{value}'" for value in hashes)
    return (
        f"default-src 'none'; style-src {style_hash}; script-src {script_hash}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _explorers(explorer):
    """Returns the place of the explorers, with a line for each encoder that has none."""
    lines = "".join(
        f'<p class="note">{escape(name)} is not decoded in this page: {escape(reason)}.</p>'
        for name, reason in explorer.left_out.items()
    )
    if not explorer.runs:
        return lines
    return f"""<h2 id="explore">Explore the latent space</h2>
<p class="note">{escape(HOW_TO)}</p>
<noscript><p class="note">Scripts are off. comparison.png, next to this file, has the maps.</p>
</noscript>
{explorer.elements()}
{lines}"""


def _cells(values, tag):
    return "".join(f"<{tag}>{escape(value)}</{tag}>" for value in values)


def _section(name, comparison, explorer):
    encoders = comparison.encoders
    if name == "embedding":  # The explorers show the others.
        encoders = [encoder for encoder in encoders if encoder.name in explorer.left_out]
    if not encoders:
        return ""
    cards = "".join(_card(name, encoder) for encoder in encoders)
    heading = HEADINGS[name]
    if name == "embedding" and len(encoders[0].shown.arrays["class_names"]) > 1:
        heading += ", a colour for each class"
    return f'<h2>{escape(heading)}</h2>\n<div class="cards">{cards}</div>\n'


def _card(name, encoder):
    picture, caption = "", encoder.name
    if name == "embedding" and "map" in encoder.shown.arrays:
        picture = hover_map(encoder.shown.arrays)
        caption += "; point at a document for its title"
    else:
        picture = _image(panel_plot(name, encoder), f"{name}, {encoder.name} encoder")
    return f"<figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>"


def _image(figure, text):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{escape(text)}" src="data:image/png;base64,{encoded}">'
