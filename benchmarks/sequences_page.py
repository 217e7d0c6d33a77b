"""The page on sequences from the stored figures.

    python -m benchmarks.sequences_page > docs/benchmarks/sequences.md

Every figure of the page is read from `sequences/*.json`, `music/*.json` and single files beside it.
"""

import json
import statistics
import sys
from pathlib import Path

from benchmarks import sequences_sections as sections
from benchmarks.sequences_sections import over_seeds
from benchmarks.summary import table

FOLDER = Path(__file__).parent.parent / "docs" / "benchmarks"
TITLES = {"JapaneseVowels": "Japanese Vowels", "ItalyPowerDemand": "Italy Power Demand"}
# The other benchmarks of the page, by their files.
SECTIONS = {
    "music/*.json": lambda contents: sections.music(contents),
    "music-map.json": lambda contents: sections.music_map(*contents),
    "decoders.json": lambda contents: sections.decoders(*contents),
    "sampling.json": lambda contents: sections.sampling(*contents),
}
PROBE_TARGET = 0.95
WAYS = ("negative ELBO", "PCA", "Isolation Forest", "random")


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
            known = sets.setdefault(name, {})
            if "anomalies" in found:
                changed = content["anomaly_settings"][name]
                found["anomaly_settings"] = {**content["settings"][name], **changed}
            found["anomalies"] = known.get("anomalies", []) + found.get("anomalies", [])
            known.update(found)
    commands = [content["command"] for content in contents]
    ordered = {name: sets[name] for name in TITLES if name in sets}
    path = FOLDER / "long_sequences.json"
    long = json.loads(path.read_text()) if path.is_file() else None
    others = {name: read(name) for name in SECTIONS}
    largest = max(contents, key=lambda content: content["machine"]["cores"])
    tried = {
        name: {**figures, "anomaly_settings": {**content["settings"][name], **changed}}
        for content in read("sequences/tried/*.json")
        for name, figures in content["sets"].items()
        for changed in [content["anomaly_settings"][name]]
    }
    return {**largest, "sets": ordered, "commands": commands, "tried": tried}, long, others


def read(pattern):
    """What is stored in the files of a pattern, a list."""
    return [json.loads(path.read_text()) for path in sorted(FOLDER.glob(pattern))]


def targets(content, others):
    """What was to be reached and what was, Markdown."""
    rows = []

    def add(what, target, result, reached):
        rows.append([what, target, result, "yes" if reached else "**no**"])

    for name, figures in content["sets"].items():
        if runs := figures.get("gru"):
            mean = statistics.mean(run["linear_probe"] for run in runs)
            what = f"{TITLES[name]}: linear probe on 16 codes"
            add(what, "0.95", over_seeds(runs, "linear_probe"), mean >= PROBE_TARGET)
    found = {
        TITLES[name]: figures
        for name, figures in content["sets"].items()
        if figures.get("anomalies")
    }
    if len(found) > 1:
        runs = [figures["anomalies"] for figures in found.values()]
        common = set.intersection(*({run["seed"] for run in those} for those in runs))
        pooled = [run for those in runs for run in those if run["seed"] in common]
        found["All classes of all sets"] = {"anomalies": pooled}
    for title, figures in found.items():
        auroc = {row[0]: row[2] for row in anomaly_rows(figures)}
        ours, *theirs = (auroc[way] for way in WAYS[:3])
        target = f"above PCA, {theirs[0]}, and Isolation Forest, {theirs[1]}"
        reached = number(ours) > max(map(number, theirs))
        add(f"{title}: AUROC, mean over held-out classes", target, ours, reached)
    active = {}
    for run in [run for music in others["music/*.json"] for run in music["runs"]]:
        if "active_units" in run:
            active.setdefault(run["model"], []).append(run["active_units"])
    for model, units in active.items():
        counts = ", ".join(map(str, sorted(units)))
        add(f"Chorales, {model}: active units, by seed", "above 0", counts, min(units) > 0)
    for sampling in others["sampling.json"]:
        for kind, found in sampling["layers"].items():
            ratio = found["times_as_fast_as_training"]["median"]
            what = f"Generation by {kind.upper()} decoder beside a training step"
            add(what, "as fast or faster", f"{ratio:.2f} times as fast", ratio >= 1)
    return table(["figure", "target", "result", "reached"], rows) + "\n"


def number(text):
    """The mean in `over_seeds`'s words."""
    return float(text.split()[0])


def settings_of(figures):
    """With what models of anomalies were trained, in words."""
    settings = figures["anomaly_settings"]
    return f"{settings['epochs']} epochs, KL weight {settings['beta']:g}"


def page(content, long, others):
    """The page, Markdown."""
    machine, versions = content["machine"], content["versions"]
    shown = ", ".join(
        f"{name} {versions[name]}" for name in ("tensorflow", "keras", "numpy") if name in versions
    )
    cores = "one core" if machine["cores"] == 1 else f"{machine['cores']} cores"
    parts = [
        "# Sequences\n",
        f"From {', '.join(f'`{command}`' for command in content['commands'])} on "
        f"{machine['processor']}, {cores}, {machine['memory_gib']} GiB; "
        f"Python {versions['python']}, {shown}. Most runs had one of the cores, and the "
        "machine did a lot of other work at the same time: times compare only where they are far "
        "apart. Settings and each run are in `sequences/`; this page is made of them by "
        "`python -m benchmarks.sequences_page`.\n",
        "## Targets\n",
        targets(content, others),
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
            "is at the 0.95 quantile of the scores of the training part. Models are those above "
            "but for epochs and KL weight.\n",
        ]
        for name, figures in content["sets"].items():
            if not figures.get("anomalies"):
                continue
            rows = table(["score", "seeds", "AUROC", "AUPRC", "F1"], anomaly_rows(figures))
            parts += [f"### {TITLES[name]}: {settings_of(figures)}\n", rows + "\n"]
            if before := content["tried"].get(name):
                parts += [
                    f"Tried before, {settings_of(before)}: AUROC {anomaly_rows(before)[0][2]}. The "
                    "settings were then chosen among three, in runs that are not stored, by the "
                    "bound of a fifth of the normal training series, held out; the AUROC of each "
                    "was seen beside it.\n"
                ]
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
    parts += [SECTIONS[name](contents) for name, contents in others.items() if contents]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page(*stored()))
