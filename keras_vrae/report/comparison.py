"""The metrics of several runs, grouped by encoder."""

import statistics
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_vrae.report.checks import check_metrics
from keras_vrae.training.experiment import describe_objective
from keras_vrae.training.run_directory import RunDirectory
from keras_vrae.validation import DataError, SettingError

# Settings that may differ between compared runs. The report points out any other that does.
FREE_SETTINGS = ("encoder", "seed", "data_dir", "git_revision", "nll_samples", "checkpoint_every")
# Of runs that differ in one of these, the bounds are on different things.
DECIDE_THE_BOUND = {"likelihood", "binarization"}
METRICS = ("parameters", "seconds_per_epoch", "examples_per_second", "peak_memory_mb")
TEST_METRICS = ("elbo", "reconstruction", "kl", "knn_accuracy", "linear_probe_accuracy")
SETTINGS = ("likelihood", "binarization", "hidden_units", "latent_dim", "epochs", "batch_size")
SETTINGS += ("learning_rate", "learning_rate_schedule", "clipnorm")
ARRAYS = ("codes", "labels", "class_names")
# Columns of the table that need labels or documents, with their names and digits; those that no run
# has are left out.
OPTIONAL_METRICS = {
    "knn_accuracy": ("kNN", 3),
    "linear_probe_accuracy": ("linear probe", 3),
    "perplexity": ("perplexity", 0),
    "precision_at_100_cosine": ("P@100, cosine", 3),
    "precision_at_100_hamming": ("P@100, hash", 3),
}


class Run(NamedTuple):
    """A finished run: its settings, metrics, history, and the arrays that its plots show."""

    path: str
    config: dict[str, Any]
    metrics: dict[str, Any]
    rows: list[dict[str, Any]]
    arrays: dict[str, np.ndarray]

    @classmethod
    def read(cls, path: str | Path) -> "Run":
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
            (metrics, ("encoder", "dataset", "seed", "test", *METRICS), directory.metrics_path),
            (metrics.get("test", {}), TEST_METRICS, directory.metrics_path),
            (config, SETTINGS, directory.config_path),
            (arrays, ARRAYS, directory.arrays_path),
        ):
            missing = [name for name in names if name not in content]
            if missing:
                raise DataError(f"{source} lacks {', '.join(missing)}")
        check_metrics(metrics, directory.metrics_path)
        return cls(str(path), config, metrics, directory.read_history(), arrays)

    @property
    def all_metrics(self) -> dict[str, Any]:
        """The metrics of `metrics.json` and of its parts by name."""
        return {**self.metrics.get("evaluation", {}), **self.metrics, **self.metrics["test"]}


class Spread(NamedTuple):
    """A metric over the seeds of one encoder: mean, standard deviation, number of runs."""

    mean: float
    deviation: float
    count: int  # type: ignore[assignment]  # Hides a method of tuples.

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        deviation = statistics.stdev(values) if len(values) > 1 else 0.0
        return cls(statistics.fmean(values), deviation, len(values))

    def text(self, digits: int) -> str:
        """Returns `mean`, or `mean ± standard deviation` if there are several runs."""
        mean = f"{self.mean:,.{digits}f}"
        return mean if self.count == 1 else f"{mean} ± {self.deviation:.{digits}f}"


class EncoderRuns:
    """The runs of one encoder.

    Args:
        name: the encoder.
        runs: its `Run`s, one for each seed.
    """

    def __init__(self, name: str, runs: Sequence[Run]) -> None:
        self.name, self.runs = name, runs
        self.shown = runs[0]

    def metric(self, name: str) -> Spread | None:
        """Returns the `Spread` of a metric of `metrics.json` or its parts; None if a run lacks it.

        Args:
            name: name of the metric.
        """
        found = [run.all_metrics.get(name) for run in self.runs]
        values = [value for value in found if value is not None]
        return Spread.of(values) if len(values) == len(found) else None


class Comparison:
    """Runs on one data set, by encoder.

    Args:
        encoders: list of `EncoderRuns`.
        differing: names of the settings other than encoder and seed that differ between the runs.
    """

    def __init__(self, encoders: Sequence[EncoderRuns], differing: Sequence[str]) -> None:
        self.encoders, self.differing = encoders, differing
        self.config = encoders[0].shown.config
        self.dataset = self.config["dataset"]

    @classmethod
    def of(cls, run_dirs: Iterable[str | Path]) -> "Comparison":
        """Reads the runs. Raises `DataError` or `SettingError` if they do not fit together."""
        runs = [Run.read(path) for path in run_dirs]
        if not runs:
            raise SettingError("A report needs one or more folders of runs. Received: none")
        datasets = sorted({run.metrics["dataset"] for run in runs})
        if len(datasets) > 1:
            raise SettingError(
                f"The runs of a report must be on one data set. Received: {', '.join(datasets)}"
            )
        by_name: dict[str, list[Run]] = {}
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
    def is_bound(self) -> bool:
        """True if every run has an ELBO, and all are bounds on the same thing."""
        comparable = not DECIDE_THE_BOUND & set(self.differing)
        return comparable and all(encoder.metric("elbo") for encoder in self.encoders)

    def has(self, name: str) -> bool:
        """Returns whether any encoder has a metric."""
        return any(encoder.metric(name) for encoder in self.encoders)

    @property
    def nll_samples(self) -> int | None:
        """Number of importance samples of the likelihoods; None unless all runs have the same.

        Runs whose likelihood is of a part of the test examples have none.
        """
        runs = [run for encoder in self.encoders for run in encoder.runs]
        samples = {run.all_metrics.get("nll_samples") for run in runs}
        whole = {run.all_metrics.get("nll_examples") == len(run.arrays["codes"]) for run in runs}
        return samples.pop() if self.is_bound and len(samples) == 1 and whole == {True} else None

    def header_and_rows(self) -> tuple[list[str], list[list[str]]]:
        """Returns the table: a list of column names, and a list of cells for each encoder."""
        optional = {name: of for name, of in OPTIONAL_METRICS.items() if self.has(name)}
        header = ["encoder", "runs", "parameters", "s / epoch"]
        header += ["NLL"] if self.nll_samples else []
        header += ["ELBO", "reconstruction", "KL", *(column for column, _ in optional.values())]
        header += ["memory, MiB"]
        rows = []
        for encoder in self.encoders:
            elbo = encoder.metric("elbo")
            rows.append(
                [
                    encoder.name,
                    str(len(encoder.runs)),
                    f"{encoder.shown.metrics['parameters']:,}",
                    _text(encoder.metric("seconds_per_epoch"), 2),
                    *([_text(encoder.metric("nll"), 2)] if self.nll_samples else []),
                    elbo.text(2) if elbo else "no bound",
                    _text(encoder.metric("reconstruction"), 2),
                    _text(encoder.metric("kl"), 2),
                    *(
                        _text(encoder.metric(name), digits)
                        for name, (_, digits) in optional.items()
                    ),
                    _text(encoder.metric("peak_memory_mb"), 0),
                ]
            )
        return header, rows

    def conditions(self) -> list[tuple[str, str]]:
        """Returns the conditions of the runs, as pairs of a name and a text."""
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
            ("training", of_all(_training)),
            ("prior", of_all(lambda config: config.get("prior", "normal"))),
            ("objective", of_all(describe_objective)),
            ("seeds", ", ".join(dict.fromkeys(str(run.metrics["seed"]) for run in runs))),
            ("device", of_all(lambda config: config.get("device", "unknown"))),
            ("versions", of_all(lambda config: _listed(config.get("versions", {})))),
        ]
        if self.differing:
            pairs.append(("settings that differ", ", ".join(self.differing)))
        return pairs


TRAINING = "batch {batch_size}, Adam {learning_rate:g} ({learning_rate_schedule})"
TRAINING += ", clipnorm {clipnorm:g}"


def _training(config):
    """The settings of training in words."""
    if config["epochs"] is None:
        length = f"{config['updates']:,} updates"
    else:
        length = f"{config['epochs']} epochs"
    patience = config.get("patience")
    stop = "" if patience is None else f", at most; patience {patience} epochs"
    return f"{length}{stop}, {TRAINING.format_map(config)}"


def _text(metric, digits):
    return metric.text(digits) if metric else "–"


def _listed(versions):
    return ", ".join(f"{name} {number}" for name, number in versions.items())


def _differing(runs):
    """Returns the names of the settings that differ between runs, without the free ones."""
    settings = [name for name in runs[0].config if name not in FREE_SETTINGS]
    return [name for name in settings if len({str(run.config.get(name)) for run in runs}) > 1]
