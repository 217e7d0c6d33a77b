"""A comparison as Markdown."""

from keras_vrae.report.comparison import Comparison
from keras_vrae.report.findings import sentences
from keras_vrae.report.wording import explanation, title


def page(comparison: Comparison) -> str:
    """Returns the text of `report.md`; its plots are the PNG files in the same folder."""
    header, rows = comparison.header_and_rows()
    lines = [f"# {title(comparison)}", ""]
    lines += [f"- {sentence}" for sentence in sentences(comparison)]
    lines += ["", _row(header), _row(["---"] * len(header)), *map(_row, rows)]
    lines += ["", explanation(comparison), "", "![embeddings, manifolds, samples](comparison.png)"]
    lines += ["", "![validation curves](validation.png)", "", "## Conditions", ""]
    lines += [f"- {name}: {text}" for name, text in comparison.conditions()]
    return "\n".join(lines) + "\n"


def _row(cells):
    return f"| {' | '.join(cells)} |"
