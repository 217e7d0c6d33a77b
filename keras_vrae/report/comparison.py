"""The figures of several runs, gathered by encoder."""

import statistics
import zipfile
from typing import NamedTuple

import numpy as np

from keras_vrae.training.run_directory import RunDirectory
from keras_vrae.validation import DataError, SettingError

# What may differ between runs that are compared. Any other setting that does is pointed out.
FREE_SETTINGS = ("encoder", "seed", "data_dir", "versions", "device", "git_revision")


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
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise DataError(f"{directory.arrays_path} cannot be read: {error}") from None
        for name in ("encoder", "dataset", "test", "seconds_per_epoch", "parameters"):
            if name not in metrics:
                raise DataError(f"{directory.metrics_path} lacks {name!r}")
        return cls(str(path), config, metrics, directory.read_history(), arrays)


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


class Encoder:
    """The runs of one encoder.

    Args:
        name: the encoder.
        runs: its `Run`s, one for each seed.
    """

    def __init__(self, name, runs):
        self.name, self.runs = name, runs
        self.shown = runs[0]

    def figure(self, name):
        """The `Spread` of a figure of `metrics.json` or its `test` part; None if one lacks it."""
        values = [{**run.metrics, **run.metrics["test"]}.get(name) for run in self.runs]
        return None if None in values else Spread.of(values)


class Comparison:
    """Runs on one data set, by encoder.

    Args:
        encoders: list of `Encoder`s.
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
        settings = [name for name in runs[0].config if name not in FREE_SETTINGS]
        differing = [
            name for name in settings if len({str(run.config.get(name)) for run in runs}) > 1
        ]
        return cls([Encoder(*item) for item in by_name.items()], differing)

    @property
    def is_bound(self):
        """Whether every run has an ELBO."""
        return all(encoder.figure("elbo") for encoder in self.encoders)

    def header_and_rows(self):
        """The table of figures: a list of column names, and a list of cells for each encoder."""
        dense = next((encoder for encoder in self.encoders if encoder.name == "dense"), None)
        header = ["encoder", "runs", "parameters", "s / epoch", "speed, dense = 1"]
        header += ["ELBO", "reconstruction", "KL", "kNN", "linear probe", "memory, MiB"]
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
                    elbo.text(2) if elbo else "no bound",
                    encoder.figure("reconstruction").text(2),
                    encoder.figure("kl").text(2),
                    encoder.figure("knn_accuracy").text(3),
                    encoder.figure("linear_probe_accuracy").text(3),
                    encoder.figure("peak_memory_mb").text(0),
                ]
            )
        return header, rows

    def conditions(self):
        """Under what conditions the runs were made, as pairs of a name and a text."""
        config = self.config
        versions = config.get("versions", {})
        devices = sorted(
            {run.config.get("device", "unknown") for e in self.encoders for run in e.runs}
        )
        pairs = [
            ("data set", self.dataset),
            ("likelihood", f"{config['likelihood']}, binarization {config['binarization']}"),
            (
                "model",
                f"{config['hidden_units']} hidden units, {config['latent_dim']} latent dimensions",
            ),
            (
                "training",
                f"{config['epochs']} epochs, batch {config['batch_size']}, "
                f"Adam {config['learning_rate']:g} ({config['learning_rate_schedule']})",
            ),
            ("seeds", ", ".join(str(run.metrics["seed"]) for run in self.encoders[0].runs)),
            ("device", "; ".join(devices)),
            ("versions", ", ".join(f"{name} {number}" for name, number in versions.items())),
        ]
        if self.differing:
            pairs.append(("settings that differ", ", ".join(self.differing)))
        return pairs
