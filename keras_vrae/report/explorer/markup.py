"""The elements of the explorers, to which the scripts give life."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from keras_vrae.plots.style import CLASS_COLOURS

FEW = 8  # Latent dimensions whose sliders are open from the beginning.


def explorers(tests: Sequence[Mapping[str, Any]], runs: Sequence[Mapping[str, Any]]) -> str:
    """Returns the HTML of explorers, with tools for each set of test examples.

    Args:
        tests: sets of test examples, as `Explorer` has them.
        runs: descriptions of runs.
    """
    return "\n".join(
        f'<section class="linked">{_tools(examples)}<div class="side-by-side">'
        + "".join(_explorer(run, examples["kind"]) for run in runs if run["tests"] == number)
        + "</div></section>"
        for number, examples in enumerate(tests)
    )


def _tools(examples):
    """Returns the class filter, which is the legend too, search, lasso, and a list for results."""
    names = examples["classNames"]
    chips = "".join(
        f'<label><input type="checkbox" class="class" checked>{_mark(number)}{escape(name)}</label>'
        for number, name in enumerate(names)
    )
    if len(names) < 2:
        chips = ""
    else:
        chips += '<button class="invert">invert</button>'
    hint = "number or title" if examples["kind"] == "text" else "number of an example"
    return (
        f'<div class="tools">{chips}<input type="search" placeholder="{hint}" aria-label="{hint}">'
        '<label><input type="checkbox" class="lasso">lasso</label><ul class="results"></ul></div>'
    )


def _mark(number):
    """Returns the mark of a class; one above the tenth has a colour again, and is hollow."""
    rank, colour = divmod(number, len(CLASS_COLOURS))
    fill = "none" if rank else CLASS_COLOURS[colour]
    return (
        '<svg class="mark" width="12" height="12"><rect x="2" y="2" width="8" height="8" '
        f'fill="{fill}" stroke="{CLASS_COLOURS[colour]}" stroke-width="2"/></svg>'
    )


def _explorer(run, kind):
    name, words = escape(run["name"]), ' class="words"'
    view = f"<div{words}></div>" if kind == "text" else "<canvas></canvas>"
    play = '<button class="play">play</button>' if kind == "roll" else ""
    figure = f"<figure>{view}<figcaption></figcaption>{play}</figure>"
    return (
        f'<article class="explorer {kind}"><h3>{name} <small>{escape(run["note"])}</small></h3>'
        '<div class="panel"><div class="stage"><canvas></canvas><canvas class="overlay" '
        f'tabindex="0" aria-label="latent space of {name}"></canvas></div>'
        f'<div class="rest"><div class="views">{figure}{figure}</div>'
        f'<canvas class="strip" hidden></canvas>{_controls(run)}</div></div></article>'
    )


def _controls(run):
    """Returns the choice of the plane, and a slider for each coordinate."""
    size = run["latentDim"]
    bases = ["principal directions"] if run["directions"] else []
    bases = _options([*bases, "latent dimensions"])
    numbers = _options(map(str, range(1, size + 1)))
    sliders = "".join(
        f'<label>{number} <input type="range" step="any"></label>' for number in range(1, size + 1)
    )
    axis, hidden = f'<select class="axis">{numbers}</select>', "" if size > 2 else " hidden"
    return (
        f'<div class="controls"{hidden}><select class="basis">{bases}</select>'
        f"across {axis}up {axis}"
        f"<details{' open' if size <= FEW else ''}><summary>the other {size - 2}</summary>"
        f'<div class="sliders">{sliders}</div></details></div>'
    )


def _options(names):
    return "".join(f"<option>{escape(name)}</option>" for name in names)
