"""The data of the explorers of a comparison, and the encoders that they leave out."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import numpy as np

from keras_vrae.plots.style import CLASS_COLOURS
from keras_vrae.report.comparison import Comparison, Run
from keras_vrae.report.explorer import markup
from keras_vrae.report.explorer.decoder_weights import CannotDecodeError, weights_of
from keras_vrae.report.explorer.examples import examples_for_json, shown_rows
from keras_vrae.report.explorer.latent_space import latent_space_for_json
from keras_vrae.report.wording import main_metrics
from keras_vrae.training.run_directory import RunDirectory
from keras_vrae.validation import DataError

# In this order; a later file uses what an earlier one defines.
SCRIPTS = (
    "decode.js",
    "plane.js",
    "draw.js",
    "examples.js",
    "gestures.js",
    "explorer.js",
    "main.js",
)


class Explorer:
    """The data of the page's explorers, one for the shown run of each encoder.

    Args:
        runs: description of each run, for JSON.
        weights: weights of each run's decoder, for JSON.
        tests: sets of test examples, for JSON; a run has the number of its set. Runs of the same
            examples are linked.
        left_out: reason for each encoder that is not shown, in words.

    Attributes:
        runs, weights, tests, left_out: as above.
    """

    def __init__(
        self,
        runs: list[dict[str, Any]],
        weights: list[dict[str, Any]],
        tests: list[dict[str, Any]],
        left_out: dict[str, str],
    ) -> None:
        self.runs, self.weights, self.tests, self.left_out = runs, weights, tests, left_out

    @classmethod
    def of(cls, comparison: Comparison) -> Explorer:
        """Reads the models of the shown runs of a comparison."""
        made = cls([], [], [], {})
        for encoder in comparison.encoders:
            try:
                made._add(encoder.name, _note(encoder, comparison), encoder.shown)
            except CannotDecodeError as error:
                made.left_out[encoder.name] = str(error)
        return made

    def _add(self, name, note, run):
        model = _model_of(RunDirectory(run.path))
        arrays, codes = run.arrays, run.arrays["codes"]
        if codes.ndim != 2 or codes.shape[1] > model.latent_dim:
            raise CannotDecodeError("its codes are not those of its model")
        if not np.isfinite(codes).all():
            raise CannotDecodeError("its codes are not finite")
        weights = weights_of(model, _steps(run))
        rows = shown_rows(codes)
        tests = examples_for_json(arrays, rows)
        tests["categories"] = model.likelihood.num_categories
        if tests["kind"] == "text":
            tests["vocabulary"] = _vocabulary(model, arrays)
        else:
            tests["shape"] = list(weights.description["eventShape"])
        if tests not in self.tests:
            self.tests.append(tests)
        self.weights.append(weights.for_json())
        self.runs.append(
            {
                "name": name,
                "note": ", ".join(filter(None, (note, _kept(tests, len(codes))))),
                "tests": self.tests.index(tests),
                "weights": f"weights-{len(self.runs)}",
                **latent_space_for_json(model, codes[rows]),
            }
        )

    def elements(self) -> str:
        """Returns the explorers as HTML, empty until the script runs."""
        return markup.explorers(self.tests, self.runs)

    def data_elements(self) -> str:
        """Returns the data as elements of a page that do not run: `<script type="...json">`."""
        data = {"colours": CLASS_COLOURS, "runs": self.runs, "tests": self.tests}
        named = {"explorer-data": data}
        named |= {run["weights"]: w for run, w in zip(self.runs, self.weights, strict=True)}
        return "\n".join(
            f'<script type="application/json" id="{name}">{_inert(content)}</script>'
            for name, content in named.items()
        )


def script() -> str:
    """Returns the script of the page: the files of `SCRIPTS` one after the other."""
    files = resources.files(__package__)
    return "\n".join(files.joinpath(name).read_text("utf-8") for name in SCRIPTS)


def _inert(content):
    """Returns JSON in which nothing can end the element that it is in."""
    return json.dumps(content, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _model_of(directory):
    if not directory.model_path.is_file():
        raise CannotDecodeError("its run has no model.keras")
    try:
        return directory.load_model(directory.model_path)
    except DataError as error:
        # The reason names folders, which a page that is passed on should not.
        raise CannotDecodeError("its model.keras cannot be read") from error


def _note(encoder, comparison):
    metrics = main_metrics(encoder, comparison.is_bound)
    several = len(encoder.runs) > 1
    seed = f"shown: seed {encoder.shown.metrics['seed']}" if several else ""
    return ", ".join(filter(None, (metrics, seed)))


def _kept(tests, count):
    """Returns a note on the test examples that the page leaves out, `""` if it has all."""
    points, pictures = len(tests["labels"]), len(tests["kept"].get("rows", ()))
    parts = [f"{points:,} of {count:,} test examples are points"] if points < count else []
    if tests["kind"] != "text" and pictures < points:
        parts.append(f"{pictures:,} of the points have a picture")
    return ", ".join(parts)


def _steps(run: Run) -> int | None:
    """Returns the length of the sequences that a run has drawn."""
    samples = run.arrays.get("samples")
    return None if samples is None or samples.ndim < 2 else samples.shape[1]


def _vocabulary(model, arrays):
    if model.vectorizer is not None:
        return list(model.vectorizer.vocabulary)
    if "vocabulary" not in arrays:
        raise CannotDecodeError("its run does not hold the vocabulary")
    return [str(term) for term in arrays["vocabulary"]]
