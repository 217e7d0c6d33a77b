"""The figures of several runs, gathered by encoder."""

import statistics
import zipfile
import zlib
from typing import NamedTuple

import numpy as np

from keras_vrae.report.figures import check_figures
from keras_vrae.training.experiment import ExperimentConfig
from keras_vrae.training.run_directory import RunDirectory
from keras_vrae.validation import DataError, SettingError

# What may differ between runs that are compared. Any other setting that does is pointed out.
FREE_SETTINGS = ("encoder", "seed", "data_dir", "git_revision", "nll_samples")
FREE_SETTINGS += ("checkpoint_every",)
# Of runs that differ in one of these, the bounds are on different things.
DECIDE_THE_BOUND = {"likelihood", "binarization"}
FIGURES = ("parameters", "seconds_per_epoch", "examples_per_second", "peak_memory_mb")
TEST_FIGURES = ("elbo", "reconstruction", "kl", "knn_accuracy", "linear_probe_accuracy")
SETTINGS = ("likelihood", "binarization", "hidden_units", "latent_dim", "epochs", "batch_size")
SETTINGS += ("learning_rate", "learning_rate_schedule", "clipnorm")
ARRAYS = ("codes", "labels", "class_names")
# Figures of documents, their columns and digits.
TEXT_FIGURES = {
    "perplexity": ("perplexity", 0),
    "precision_at_100_cosine": ("P@100, cosine", 3),
    "precision_at_100_hamming": ("P@100, hash", 3),
}


class Run(NamedTuple):
    """A finished run: its settings, figures, history, and the arrays behind its pictures."""

    path: str
    config: dict
    metrics: dict
    rows: list
    arrays: dict

    @classmethod
    def read(cls, path):
        directory = RunDirectory(path)
        metrics = directory.read_json(directory.metrics_path)
        config = directory.read_json(directory.config_path)
        try:
            with directory.arrays_path.open("rb") as file:
                arrays = dict(np.load(file, allow_pickle=False))
        except (
            OSError,
            EOFError,
            ValueError,
            zipfile.BadZipFile,
            NotImplementedError,
            zlib.error,
        ) as error:
            raise DataError(f"{directory.arrays_path} cannot be read: {error}") from None
        for part in ("test", "evaluation"):
            if not isinstance(metrics.get(part, {}), dict):
                raise DataError(f"{directory.metrics_path} must hold an object under {part!r}")
        for content, names, source in (
            (metrics, ("encoder", "dataset", "seed", "test", *FIGURES), directory.metrics_path),
            (metrics.get("test", {}), TEST_FIGURES, directory.metrics_path),
            (config, SETTINGS, directory.config_path),
            (arrays, ARRAYS, directory.arrays_path),
        ):
            missing = [name for name in names if name not in content]
            if missing:
                raise DataError(f"{source} lacks {', '.join(missing)}")
        check_figures(metrics, directory.metrics_path)
        return cls(str(path), config, metrics, directory.read_history(), arrays)

    @property
    def figures(self):
        """All figures of `metrics.json` by name, those of its parts among them."""
        return {**self.metrics.get("evaluation", {}), **self.metrics, **self.metrics["test"]}


class Spread(NamedTuple):
    """A figure over the seeds of one encoder: mean, standard deviation, number of runs."""

    mean: float
    deviation: float
    count: int

    @classmethod
    def of(cls, values):
        deviation = statistics.stdev(values) if len(values) > 1 else 0.0
        return cls(statistics.fmean(values), deviation, len(values))

    def text(self, digits):
        """`mean`, or `mean ± standard deviation` where there are several runs."""
        mean = f"{self.mean:,.{digits}f}"
        return mean if self.count == 1 else f"{mean} ± {self.deviation:.{digits}f}"


class EncoderRuns:
    """The runs of one encoder.

    Args:
        name: the encoder.
        runs: its `Run`s, one for each seed.
    """

    def __init__(self, name, runs):
        self.name, self.runs = name, runs
        self.shown = runs[0]

    def figure(self, name):
        """The `Spread` of a figure of `metrics.json` or of its parts; None if a run lacks it."""
        values = [run.figures.get(name) for run in self.runs]
        return None if None in values else Spread.of(values)


class Comparison:
    """Runs on one data set, by encoder.

    Args:
        encoders: list of `EncoderRuns`.
        differing: names of the settings, beside encoder and seed, that differ between the runs.
    """

    def __init__(self, encoders, differing):
        self.encoders, self.differing = encoders, differing
        self.config = encoders[0].shown.config
        self.dataset = self.config["dataset"]

    @classmethod
    def of(cls, run_dirs):
        """Reads the runs. Raises `DataError` or `SettingError` where they cannot be compared."""
        runs = [Run.read(path) for path in run_dirs]
        if not runs:
            raise SettingError("A report needs one or more folders of runs. Received: none")
        datasets = sorted({run.metrics["dataset"] for run in runs})
        if len(datasets) > 1:
            raise SettingError(
                f"The runs of a report must be on one data set. Received: {', '.join(datasets)}"
            )
        by_name = {}
        for run in runs:
            by_name.setdefault(run.metrics["encoder"], []).append(run)
        for name, group in by_name.items():
            seeds = [run.metrics["seed"] for run in group]
            differing = _differing(group)
            if len(set(seeds)) < len(seeds) or {*differing} - {"device", "versions"}:
                raise SettingError(
                    f"Runs of one encoder must differ in their seed alone. Received: {len(group)} "
                    f"of {name} with seeds {', '.join(map(str, seeds))}"
                    + (f" that differ in {', '.join(differing)}" if differing else "")
                )
        return cls([EncoderRuns(*item) for item in by_name.items()], _differing(runs))

    @property
    def is_bound(self):
        """Whether every run has an ELBO, and all are bounds on the same thing."""
        comparable = not DECIDE_THE_BOUND & set(self.differing)
        return comparable and all(encoder.figure("elbo") for encoder in self.encoders)

    @property
    def nll_samples(self):
        """Importance samples of the likelihoods, where all runs have one and by as many; or None.

        Runs whose likelihood is of a part of the test examples have none.
        """
        runs = [run for encoder in self.encoders for run in encoder.runs]
        samples = {run.figures.get("nll_samples") for run in runs}
        whole = {run.figures.get("nll_examples") == len(run.arrays["codes"]) for run in runs}
        return samples.pop() if self.is_bound and len(samples) == 1 and whole == {True} else None

    def header_and_rows(self):
        """The table of figures: a list of column names, and a list of cells for each encoder."""
        dense = next((encoder for encoder in self.encoders if encoder.name == "dense"), None)
        header = ["encoder", "runs", "parameters", "s / epoch", "speed, dense = 1"]
        header += ["NLL"] if self.nll_samples else []
        header += ["ELBO", "reconstruction", "KL", "kNN", "linear probe"]
        of_text = {
            figure: words
            for figure, words in TEXT_FIGURES.items()
            if all(encoder.figure(figure) for encoder in self.encoders)
        }
        header += [*(name for name, _ in of_text.values()), "memory, MiB"]
        rows = []
        for encoder in self.encoders:
            speed, elbo = encoder.figure("examples_per_second"), encoder.figure("elbo")
            rows.append(
                [
                    encoder.name,
                    str(len(encoder.runs)),
                    f"{encoder.shown.metrics['parameters']:,}",
                    encoder.figure("seconds_per_epoch").text(2),
                    f"{speed.mean / dense.figure('examples_per_second').mean:.2f}"
                    if dense
                    else "–",
                    *([encoder.figure("nll").text(2)] if self.nll_samples else []),
                    elbo.text(2) if elbo else "no bound",
                    encoder.figure("reconstruction").text(2),
                    encoder.figure("kl").text(2),
                    _text(encoder.figure("knn_accuracy"), 3),
                    _text(encoder.figure("linear_probe_accuracy"), 3),
                    *(_text(encoder.figure(name), digits) for name, (_, digits) in of_text.items()),
                    encoder.figure("peak_memory_mb").text(0),
                ]
            )
        return header, rows

    def conditions(self):
        """Under what conditions the runs were made, as pairs of a name and a text."""
        runs = [run for encoder in self.encoders for run in encoder.runs]

        def of_all(describe):
            return "; ".join(dict.fromkeys(describe(run.config) for run in runs))

        pairs = [
            ("data set", self.dataset),
            ("likelihood", of_all("{likelihood}, binarization {binarization}".format_map)),
            (
                "model",
                of_all("{hidden_units} hidden units, {latent_dim} latent dimensions".format_map),
            ),
            ("training", of_all(TRAINING.format_map)),
            ("objective", of_all(lambda config: ExperimentConfig.from_dict(config).objective_text)),
            ("seeds", ", ".join(dict.fromkeys(str(run.metrics["seed"]) for run in runs))),
            ("device", of_all(lambda config: config.get("device", "unknown"))),
            ("versions", of_all(lambda config: _listed(config.get("versions", {})))),
        ]
        if self.differing:
            pairs.append(("settings that differ", ", ".join(self.differing)))
        return pairs


TRAINING = "{epochs} epochs, batch {batch_size}, Adam {learning_rate:g} ({learning_rate_schedule})"
TRAINING += ", clipnorm {clipnorm:g}"


def _text(figure, digits):
    return figure.text(digits) if figure else "–"


def _listed(versions):
    return ", ".join(f"{name} {number}" for name, number in versions.items())


def _differing(runs):
    """Names of the settings that differ between runs, those that may be left out."""
    settings = [name for name in runs[0].config if name not in FREE_SETTINGS]
    return [name for name in settings if len({str(run.config.get(name)) for run in runs}) > 1]
