"""A comparison as Markdown."""

from keras_vrae.report.findings import sentences
from keras_vrae.report.wording import explanation, title


def page(comparison):
    """The text of `report.md`; its pictures are the PNG files beside it."""
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
