"""The tables of the study of MNIST, in `docs/study.md`, `docs/benchmarks/quality.md` and README.

    python -m benchmarks.study_tables

Every figure is read from the `metrics.json` of the runs in `docs/study`, whose folders are named
`mnist-<encoder>[-<setting>]-seed<n>`.
"""

import json
import re
import statistics
from pathlib import Path

from benchmarks.summary import ENCODERS, table

FOLDER = Path(__file__).parent.parent / "docs" / "study"
NAME = re.compile(r"mnist-(?P<encoder>\w+?)(-(?P<setting>.+))?-seed\d+")
DEFAULTS = None  # The setting of runs whose folder names none.
SETTINGS = {
    "constant": "no warm-up",
    "step0.003": "no warm-up, step 0.003",
    "step0.003-warmup": "step 0.003",
    "step0.003-unclipped": "no warm-up, step 0.003, not clipped",
}


def stored_runs(folder=FOLDER):
    """The `metrics.json` of each run, in lists by setting and encoder."""
    runs = {}
    for path in sorted(folder.glob("*/metrics.json")):
        name = NAME.fullmatch(path.parent.name)
        key = name["setting"], name["encoder"]
        runs.setdefault(key, []).append(json.loads(path.read_text()))
    return runs


def over_seeds(values, digits):
    """Their mean, and where there are several ± their standard deviation."""
    if len(set(values)) == 1:
        return f"{values[0]:,.{digits}f}"
    return f"{statistics.fmean(values):,.{digits}f} ± {statistics.stdev(values):,.{digits}f}"


STUDY_FIGURES = {
    "parameters": lambda run: (run["parameters"], 0),
    "ELBO": lambda run: (run["test"]["elbo"], 2),
    "KL": lambda run: (run["test"]["kl"], 2),
    "active units": lambda run: (run["test"]["active_units"], 0),
    "kNN": lambda run: (run["test"]["knn_accuracy"], 3),
    "linear probe": lambda run: (run["test"]["linear_probe_accuracy"], 3),
    "peak memory, MiB": lambda run: (round(run["peak_memory_mb"]), 0),
}


def cell(runs, figure):
    """A figure of some runs."""
    values, digits = zip(*map(figure, runs), strict=True)
    return over_seeds(values, digits[0])


def rows_of(runs, settings, figures):
    """A row for each encoder in each of the settings."""
    rows = []
    for setting in settings:
        for encoder, title in ENCODERS.items():
            if found := runs.get((setting, encoder)):
                title = f"{title}, {SETTINGS[setting]}" if setting else title
                cells = [cell(found, figure) for figure in figures.values()]
                rows.append([title, str(len(found)), *cells])
    return rows


def encoder_table(runs, settings, figures=STUDY_FIGURES):
    """A table with a row for each encoder in each of the settings."""
    return table(["encoder", "runs", *figures], rows_of(runs, settings, figures))


def with_labels(number):
    """The kNN accuracy with so many labels."""
    name = f"knn_accuracy_{number}_labels"
    return lambda run: (run["evaluation"][name]["mean"], 3)


def evaluated(name, digits):
    """A figure of the evaluation."""
    return lambda run: (run["evaluation"][name], digits)


QUALITY_FIGURES = {
    "NLL": evaluated("nll", 2),
    "ELBO": STUDY_FIGURES["ELBO"],
    "KL": STUDY_FIGURES["KL"],
    "I(x; z)": evaluated("mutual_information", 2),
    "active units": STUDY_FIGURES["active units"],
    "kNN, 100 labels": with_labels(100),
    "kNN, 600 labels": with_labels(600),
    "kNN, 1,000 labels": with_labels(1000),
    "kNN, all labels (10 neighbours)": STUDY_FIGURES["kNN"],
    "linear probe": STUDY_FIGURES["linear probe"],
    "k-means NMI": evaluated("nmi", 3),
    "k-means ARI": evaluated("ari", 3),
    "silhouette": evaluated("silhouette", 3),
}


README_FIGURES = {
    "ELBO": STUDY_FIGURES["ELBO"],
    "NLL": QUALITY_FIGURES["NLL"],
    "kNN accuracy": STUDY_FIGURES["kNN"],
    "linear probe": STUDY_FIGURES["linear probe"],
    "parameters": STUDY_FIGURES["parameters"],
}


LABELS_FIGURES = {
    **{name: QUALITY_FIGURES[name] for name in ("NLL", "ELBO", "KL")},
    "kNN": STUDY_FIGURES["kNN"],
    "linear probe": STUDY_FIGURES["linear probe"],
    "silhouette": QUALITY_FIGURES["silhouette"],
}


def labels_table(runs):
    """Seed 0 of the dense encoder without and with labels, and with labels of little weight."""
    settings = {
        "without labels": DEFAULTS,
        "labels, weight 1": "labels-weight1",
        "labels, weight 50": "labels",
    }
    rows = [
        [title, *(cell(runs[setting, "dense"][:1], figure) for figure in LABELS_FIGURES.values())]
        for title, setting in settings.items()
    ]
    return table(["dense encoder", *LABELS_FIGURES], rows)


def quality_table(runs):
    """The table of two latent dimensions: a column for each encoder."""
    columns = {title: runs[DEFAULTS, encoder] for encoder, title in ENCODERS.items()}
    header = ["", *(f"{title}, {len(found)} runs" for title, found in columns.items())]
    rows = [
        [name, *(cell(found, figure) for found in columns.values())]
        for name, figure in QUALITY_FIGURES.items()
    ]
    return table(header, rows)


def tables(folder=FOLDER):
    """All of them, lists by the document they stand in."""
    runs = stored_runs(folder)
    return {
        "README.md": [encoder_table(runs, [DEFAULTS], README_FIGURES)],
        "docs/study.md": [
            encoder_table(runs, [DEFAULTS]),
            encoder_table(runs, SETTINGS),
            labels_table(runs),
        ],
        "docs/benchmarks/quality.md": [quality_table(runs)],
    }


def main():
    """Runs the program."""
    for document, found in tables().items():
        for each in found:
            print(document, "", each, "", sep="\n")


if __name__ == "__main__":
    main()
