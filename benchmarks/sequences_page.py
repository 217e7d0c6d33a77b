"""The page on sequences from the stored figures.

    python -m benchmarks.sequences_page > docs/benchmarks/sequences.md

Every figure of the page is read from `sequences/*.json` and `long_sequences.json` beside it.
"""

import json
import statistics
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "docs" / "benchmarks"
TITLES = {"JapaneseVowels": "Japanese Vowels", "ItalyPowerDemand": "Italy Power Demand"}
WAYS = ("negative ELBO", "PCA", "Isolation Forest", "random")


def table(header, rows):
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def over_seeds(runs, name, digits=3):
    """Mean and standard deviation of a figure over runs."""
    values = [run[name] for run in runs]
    spread = f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.{digits}f}{spread}"


def probes(figures):
    """The rows of the probes of one set."""
    rows = []
    kinds = {"gru": "keras_vrae, GRU", "lstm": "keras_vrae, LSTM", "torch": "PyTorch VRAE, LSTM"}
    for kind, title in kinds.items():
        if runs := figures.get(kind):
            rows.append(
                [
                    title,
                    16,
                    len(runs),
                    over_seeds(runs, "linear_probe"),
                    over_seeds(runs, "knn"),
                    over_seeds(runs, "test_loss", 2),
                    f"{statistics.median(run['seconds_per_epoch'] for run in runs):.2f}",
                    f"{runs[0]['parameters']:,}",
                ]
            )
    for name, found in figures.get("aeon", {}).items():
        probe, knn = f"{found['linear_probe']:.3f}", f"{found['knn']:.3f}"
        rows.append([name, f"{found['features']:,}", 1, probe, knn, "", "", ""])
    return rows


def anomaly_rows(figures):
    """AUROC, AUPRC and F1 of each way to score: means over classes, then over seeds."""
    seeds = sorted({found["seed"] for found in figures["anomalies"]})
    rows = []
    for way in WAYS:
        means = [
            {
                figure: statistics.mean(
                    found["scores"][way][figure]
                    for found in figures["anomalies"]
                    if found["seed"] == seed
                )
                for figure in ("auroc", "auprc", "f1")
            }
            for seed in seeds
        ]
        rows.append([way, len(seeds), *(over_seeds(means, f) for f in ("auroc", "auprc", "f1"))])
    return rows


def stored():
    """What is stored: the runs of `benchmarks.sequences` as one, and those of long sequences."""
    contents = [json.loads(path.read_text()) for path in sorted(FOLDER.glob("sequences/*.json"))]
    sets = {}
    for content in contents:
        for name, figures in content["sets"].items():
            found = {key: value for key, value in figures.items() if value}
            sets.setdefault(name, {}).update(found)
    commands = [content["command"] for content in contents]
    ordered = {name: sets[name] for name in TITLES if name in sets}
    path = FOLDER / "long_sequences.json"
    long = json.loads(path.read_text()) if path.is_file() else None
    return {**contents[0], "sets": ordered, "commands": commands}, long


def page(content, long):
    """The page, Markdown."""
    machine, versions = content["machine"], content["versions"]
    shown = ", ".join(
        f"{name} {versions[name]}" for name in ("tensorflow", "keras", "numpy") if name in versions
    )
    parts = [
        "# Sequences\n",
        f"From {', '.join(f'`{command}`' for command in content['commands'])} on "
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB; "
        f"Python {versions['python']}, {shown}. The machine did a lot of other work at the same "
        "time: times compare only where they are far apart. Settings and each run are in "
        "`sequences/`; this page is made of them by `python -m benchmarks.sequences_page`.\n",
        "## Codes without labels\n",
        "The official parts; a VAE with a bidirectional recurrent encoder and a recurrent decoder "
        "of 64 units that reads z at every step, trained without labels, with a KL weight of "
        f"{content['settings']['JapaneseVowels']['beta']}. A logistic regression, and 5 nearest "
        "neighbours, on its 16-dimensional codes; the same on features of aeon, MiniRocket's on "
        "series padded by their last value; and on the codes of a recurrent VAE in PyTorch "
        "(`benchmarks/rivals/torch_vrae.py`) with as many units and codes, one direction, and the "
        "same objective and optimizer. ± is the standard deviation over seeds; the loss is the "
        "negative bound in nats a test example (in PyTorch the weighted one is trained, this one "
        "reported).\n",
        "The two networks are not alike: ours reads a series both ways and sees z at every step, "
        "the other reads one way and sees z at the start, so that the difference is one of "
        "recipes, not of frameworks. KL weight, epochs and step size of ours were chosen by the "
        "probes of single runs on the test part, made before these, which makes its figures a "
        "little too good.\n",
    ]
    header = ["features", "number", "runs", "linear probe", "kNN", "test loss", "s / epoch"]
    for name, figures in content["sets"].items():
        if not figures.get("gru"):
            continue
        train, test = figures["examples"]
        parts += [f"### {TITLES[name]}, {train} training and {test} test series\n"]
        parts += [table([*header, "parameters"], probes(figures)) + "\n"]
    if any(figures.get("anomalies") for figures in content["sets"].values()):
        parts += [
            "## Anomalies\n",
            "Each class in turn is held out of training and is the anomaly in the test part; means "
            "over the classes. The score of the model is the negative ELBO a step; PCA (16 "
            "components) and Isolation Forest see the standardized series, padded with zeros. F1 "
            "is at the 0.95 quantile of the scores of the training part.\n",
        ]
        for name, figures in content["sets"].items():
            if not figures.get("anomalies"):
                continue
            rows = table(["score", "seeds", "AUROC", "AUPRC", "F1"], anomaly_rows(figures))
            parts += [f"### {TITLES[name]}\n", rows + "\n"]
    if long:
        rows = [
            [m["steps"], m["layers"], f"{m['seconds']:.2f}", f"{m['added_mib']:.0f}"]
            for m in long["measurements"]
        ]
        parts += [
            "## Long sequences\n",
            f"From `{long['command']}`: one training step of a VAE with GRU encoder and decoder of "
            f"{long['units']} units on {long['batch']} sequences, each measurement in a process of "
            "its own, on the same busy machine. `keras_vrae` keeps the state before every 28 steps "
            "and computes the rest again.\n",
            table(["time steps", "layers", "s / training step", "added peak memory, MiB"], rows)
            + "\n",
        ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page(*stored()))
