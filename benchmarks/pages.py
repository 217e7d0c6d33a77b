"""Fills the tables of README.md and docs/ from stored results: `python -m benchmarks.pages`.

A table stands between two comments, of which the first says what it is made of:

    <!-- table: layers*.json#layers.* | layer = {key} | ms = {milliseconds[keras][median]:.0f} -->
    <!-- end -->

First come its rows: files of `docs/benchmarks`, and after `#` the place of the rows in each, with a
star for every level whose keys or numbers become rows; or the name of a function in `ROWS` with its
arguments. Then come the columns, a header and a format of the row's values each. A value with
`median` and `quartiles` is written as such, one of several seeds as mean ± standard deviation. The
block `sources` says of each file above it how it was made.
"""

import csv
import itertools
import json
import math
import os
import re
import statistics
from fnmatch import fnmatch

from benchmarks.harness import ROOT, best_of, in_words

RESULTS, STUDY = ROOT / "docs" / "benchmarks", ROOT / "docs" / "study"
BLOCK = re.compile(r"<!-- table: (.+?) -->\n.*?<!-- end -->", re.DOTALL)
ENCODERS = {"dense": "dense", "lstm": "LSTM", "gru": "GRU"}
READ = []  # Paths of the results that were read since the last block of sources.


class Spread(dict):
    """A value with a median and quartiles, or any other dict."""

    def __format__(self, form):
        return in_words(self, form)


class Seeds(list):
    """Values of several seeds, or other values; `[last]` and `[max]` are one of them."""

    def __getitem__(self, key):
        ends = {"last": lambda: self[-1], "max": lambda: max(self)}
        return ends[key]() if key in ends else super().__getitem__(key)

    def __format__(self, form):
        if form.startswith("~"):
            return format(statistics.median(self), form[1:])
        mean = format(statistics.fmean(self), form)
        different = len(set(self)) > 1
        return f"{mean} ± {format(statistics.stdev(self), form)}" if different else mean


def wrapped(value):
    """Returns a stored value whose parts know how they are written."""
    if isinstance(value, dict):
        return Spread({key: wrapped(part) for key, part in value.items()})
    if isinstance(value, list):
        return Seeds(map(wrapped, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def over_runs(runs):
    """Returns dicts of several runs as one, with the values of all runs in the places of theirs."""
    keys = dict.fromkeys(key for run in runs for key in run)
    found = Spread(count=len(runs))
    for key in keys:
        values = [run[key] for run in runs if key in run]
        found[key] = over_runs(values) if isinstance(values[0], dict) else Seeds(values)
    return found


def stored(pattern):
    """Returns the results in the files of a pattern, a list."""
    paths = sorted(RESULTS.glob(pattern))
    READ.extend(path for path in paths if path not in READ)
    return [json.loads(path.read_text()) for path in paths]


def stored_rows(pattern, place):
    """Returns the rows at a place of each file, with `report`, and `key` and `key2` of levels."""
    rows = []
    for report in stored(pattern):
        found = [((), report)]
        for part in filter(None, place.split(".")):
            found = [
                (keys + ((key,) if part == "*" else ()), below)
                for keys, value in found
                for key, below in (value.items() if isinstance(value, dict) else enumerate(value))
                if part in ("*", key) and isinstance(below, dict | list)
            ]
        for keys, value in found:
            names = dict(zip(("key", "key2"), keys, strict=False))
            rows.append({**value, **names, "report": report})
    return rows


def training(work, batch_size=None, file="training"):
    """Returns the rows of `"training"` or `"encoding"`, with the best of each rival by its name."""
    rows = []
    for result in stored(f"speed/{file}.json")[0]["results"]:
        if work not in result or batch_size not in (None, str(result["batch_size"])):
            continue
        row = {**result, **result[work]}
        rates = row["images_per_second"]
        best = {family: best_of(rates, family) for family in ("torch", "limit")}
        for part in ("images_per_second", "peak_memory_mib", "fit_over", "threads_over"):
            values = row.get(part, {})
            row[part] = values | {f: values[name] for f, name in best.items() if name in values}
        row["best"] = {f: name.removeprefix(f).strip() for f, name in best.items() if name}
        if work == "training":
            row["limit_rate"] = row["gigaflops_per_second"][row["limit"]]
        rows.append(row)
    return rows


def growth():
    """Returns a row for each point, with the exponent of our time from the point before."""
    rows = stored_rows("speed/growth.json", "points.*")
    for row in rows:
        row["memory_ratio"] = row["peak_memory_mib"]["fit"] / row["peak_memory_mib"]["tutorial"]
        row["name"] = f"{row['sweep'].replace('_', ' ').replace('hidden ', '')} {row['size']:,}"
    for before, row in itertools.pairwise(rows):
        if all(before[key] == row[key] for key in ("sweep", "encoder")):
            times = [point["milliseconds_per_step"]["fit"] for point in (before, row)]
            row["exponent"] = math.log(times[1] / times[0]) / math.log(row["size"] / before["size"])
    return rows


def profile():
    """Returns a row for each encoder with the share of each kind of kernel."""
    rows = stored_rows("speed/profile.json", "encoders.*")
    for row in rows:
        row["whole"] = sum(row["milliseconds"].values())
        row["shares"] = {k: ms / row["whole"] for k, ms in row["milliseconds"].items()}
        longest = list(row["longest"].items())[:5]
        row["longest"] = ", ".join(f"{k.removeprefix('_Mkl')} {ms:,.1f}" for k, ms in longest)
    return rows


# Settings of the study's runs by the names of their folders.
SETTINGS = {
    "": "defaults",
    "constant": "no warm-up",
    "step0.003": "no warm-up, step 0.003",
    "step0.003-warmup": "step 0.003",
    "step0.003-unclipped": "no warm-up, step 0.003, not clipped",
    "labels-weight1": "labels, weight 1",
    "labels": "labels, weight 50",
}
PRIORS = {"mixture": "mixture of Gaussians", "vamp": "VampPrior"}
SETTINGS |= PRIORS


def study(*settings, seed="*"):
    """Returns a row over the seeds of each encoder in each of the settings, by default of none."""
    rows = []
    for setting in settings or ("defaults",):
        setting = "" if setting == "defaults" else setting
        for encoder in ENCODERS:
            name = "-".join(filter(None, ("mnist", encoder, setting, f"seed{seed}")))
            paths = sorted(STUDY.glob(f"{name}/metrics.json"))
            if runs := [json.loads(path.read_text()) for path in paths]:
                named = {"encoder": encoder, "setting": SETTINGS[setting]}
                named["prior"] = PRIORS.get(setting, "standard normal")
                rows.append({**over_runs(runs), **named})
    return rows


# Test NLL after 3,280 passes: in table 1 of Burda et al., 2016, and in the README of nbip/IWAE.
DENSITY = {
    "elbo-1": {"name": "ELBO, 1 sample", "published": 86.76, "again": 86.35},
    "iwae-5": {"name": "IWAE, 5 samples", "published": 85.54, "again": 85.18},
    "iwae-50": {"name": "IWAE, 50 samples", "published": 84.78, "again": 84.59},
    "dreg-5": {"name": "IWAE with DReG, 5 samples", "published": "", "again": 84.90},
    "dreg-50": {"name": "IWAE with DReG, 50 samples", "published": "", "again": 84.32},
}


def density():
    """Returns the last evaluated stage of each objective next to published results."""
    return [
        {**stored(f"quality/{name}.json")[0]["stages"][-1], **row} for name, row in DENSITY.items()
    ]


def density_stages():
    """Returns a row for each stage of training, with the results of those that were evaluated."""
    rows = []
    for name, about in DENSITY.items():
        found = {row["stage"]: row for row in stored(f"quality/{name}.json")[0]["stages"]}
        with (RESULTS / f"quality/{name}-training.csv").open(newline="") as file:
            last = {int(row["stage"]): row for row in csv.DictReader(file)}
        for stage, row in last.items():
            passes = {"passes": int(row["epochs"]), "training_loss": float(row["loss"])}
            rows.append(
                {**found.get(stage, {}), **passes, "steps": 3000 * passes["passes"]} | about
            )
    return rows


def sequence_sets(name):
    """Returns the results of `benchmarks.sequences` on a data set from all files as one."""
    found = {"anomalies": []}
    for report in stored("sequences/*.json"):
        parts = report["sets"].get(name, {})
        found["anomalies"] += parts.get("anomalies", [])
        found |= {key: value for key, value in parts.items() if value and key != "anomalies"}
    return found


def probes(name):
    """Returns rows of the accuracy of probes on codes and on other features of a data set."""
    parts = sequence_sets(name)
    titles = {"gru": "keras_vrae, GRU", "torch": "PyTorch VRAE, LSTM"}
    rows = [
        {**over_runs(parts[kind]), "name": title, "features": 16} for kind, title in titles.items()
    ]
    return rows + [{**row, "name": title, "count": 1} for title, row in parts["aeon"].items()]


def anomalies(name):
    """Returns a row for each way to score, means over held-out classes of each seed."""
    runs = {}
    for run in sequence_sets(name)["anomalies"]:
        runs.setdefault(run["seed"], []).append(run["scores"])
    rows = []
    for way in ("negative ELBO", "PCA", "Isolation Forest", "random"):
        means = [
            {k: statistics.mean(s[way][k] for s in scores) for k in ("auroc", "auprc", "f1")}
            for scores in runs.values()
        ]
        rows.append({"name": way, **over_runs(means)})
    return rows


def chorales():
    """Returns a row over the seeds of each model of chorales."""
    models = {}
    for run in stored_rows("music/*.json", "runs.*"):
        models.setdefault(run["model"], []).append({k: v for k, v in run.items() if k != "report"})
    return [{**over_runs(runs), "name": name} for name, runs in models.items()]


MODELS = {
    "random_hyperplanes": "random hyperplanes",
    "svd_median_hash": "truncated SVD, median",
    "svd_cosine": "truncated SVD",
    "unsupervised": "ours, no labels",
    "shared": "ours, labels (`shared`)",
    "private": "ours, labels (`private`)",
    "lstm": "ours, LSTM, no labels",
    "gru": "ours, GRU, no labels",
    "lstm_shared": "ours, LSTM, labels",
    "gru_shared": "ours, GRU, labels",
}
AIMS = {
    ("random", "unsupervised"): (0.42, 0.55, 0.63, 0.65, 0.65),
    ("random", "shared"): (0.72, 0.80, 0.84, 0.85, 0.85),
    ("by_date", "shared"): (0.68, 0.73, 0.77, 0.78, 0.78),
}
IDEAS = {
    "nvdm": "NVDM: counts for target, Gaussian posterior",
    "tfidf_target": "weights of equal sum with idf^2 for target",
    "bounded": "bounded means, noise of fixed scale 0.8, balance",
    "no_neighbours": "rarer words weigh more (idf^1.5 read, idf^3 explained), word dropout 0.7, "
    "a step of 0.006",
    "unsupervised": "neighbours' words in the target: all of it",
}


def documents(protocol, by="hamming", only="", names=MODELS):
    """Returns a row for each model with its precision by number of bits, and the aims.

    Args:
        protocol: `"random"`, `"by_date"` or `"stripped"`.
        by: `"hamming"` for hash codes or `"cosine"`.
        only: names of models with commas, if not all are asked for; then without the aims.
        names: words for each model.
    """
    runs, rows = stored("text.json")[0]["runs"], []
    baselines = runs[f"{protocol}/baselines"]
    other = {"hamming": "cosine", "cosine": "ha"}[by]  # Part of the names of other baselines.
    chosen = only.split(",") if only else names
    for model in chosen:
        found, words = {}, names[model]
        for name, run in runs.items():
            key = name.split("/")
            if key[:2] == [protocol, model] and f"precision_at_100_{by}" in run:
                found.setdefault(key[2], []).append(
                    {
                        "precision": run[f"precision_at_100_{by}"],
                        "seconds": run["seconds_per_epoch"],
                    }
                )
        row = {bits: over_runs(some) for bits, some in found.items()}
        if model in baselines and other not in model and not (by == "cosine" and "hyper" in model):
            row = {bits: {"precision": value} for bits, value in baselines[model].items()}
        if row:
            rows.append({"name": words, "model": model, **{f"b{b}": v for b, v in row.items()}})
        if by == "hamming" and chosen is MODELS and (protocol, model) in AIMS:
            aims = zip((8, 16, 32, 64, 128), AIMS[protocol, model], strict=True)
            aim = {f"b{bits}": {"precision": value} for bits, value in aims}
            rows.append({"name": f"*aim for {words}*", **aim})
    return rows


def defaults(file="defaults"):
    """Returns a row for each set of series, with codes of all seeds and principal components."""
    return [
        {"name": row["set"], "components": row["components"], **over_runs(row["codes"])}
        for row in stored(f"{file}.json")[0]["sets"]
    ]


def ideas():
    """Returns a row for each idea, with the precision of hash codes on the random split."""
    return documents("random", names=IDEAS)


ROWS = (training, growth, profile, study, density, density_stages, probes)
ROWS = (*ROWS, anomalies, chorales, documents, ideas, defaults)
ROWS = {function.__name__: function for function in ROWS}


def table(spec):
    """Returns the Markdown table that a comment asks for."""
    rows, *columns = (part.strip() for part in spec.split(" | "))
    if ".json" in rows:
        found = stored_rows(*rows.split("#"))
    else:
        name, *arguments = rows.split(" ")
        words = dict(word.split("=") for word in arguments if "=" in word)
        found = ROWS[name](*(word for word in arguments if "=" not in word), **words)
    pairs = [column.split("=", 1) for column in columns]
    header = [title.strip() for title, _ in pairs]
    lines = [header, ["---"] * len(header)]
    for row in map(wrapped_row, found):
        lines.append([cell(form.strip(), row) for _, form in pairs])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def wrapped_row(row):
    """Returns a row whose values know how they are written, and names for the keys of encoders."""
    row = {key.replace(".", "_"): wrapped(value) for key, value in row.items()}
    for key, value in row.items():
        if isinstance(value, str):
            row[key] = " ".join(ENCODERS.get(word, word) for word in value.split(" "))
    return row


def cell(form, row):
    """Returns a cell; without the value that it shows it is empty."""
    try:
        return form.format(**row)
    except (KeyError, ValueError):
        return ""


def sources(folder):
    """Returns how the results were made that were read since the last such block.

    `sources.json` has the commands of results that do not name theirs, and the revisions of
    programs that later revisions do not have.
    """
    lines, known = [], json.loads((RESULTS / "sources.json").read_text())
    for path in READ:
        name, report = path.relative_to(RESULTS).as_posix(), json.loads(path.read_text())
        about = {"command": f"`{report['command']}`"} if "command" in report else {}
        for pattern, more in known.items():
            about |= more if fnmatch(name, pattern) else {}
        made = " of revision ".join(about[key] for key in ("command", "revision") if key in about)
        machine = report.get("machine", {"processor": report.get("device")})
        parts = [machine["processor"]]
        parts += filter(None, [machine.get("vector_instructions")])
        if "cores" in machine:
            parts.append("1 core" if machine["cores"] == 1 else f"{machine['cores']} cores")
            parts.append(f"{machine['memory_gib']} GiB of memory")
        parts += [f"{package} {version}" for package, version in report["versions"].items()]
        link = os.path.relpath(path, folder)
        lines.append(f"- [{name}]({link}): {made}; {', '.join(parts)}")
    READ.clear()
    return "\n".join(lines)


def fill(text, folder):
    """Returns a page of a folder with its tables made again."""
    READ.clear()

    def block(match):
        content = sources(folder) if match[1] == "sources" else table(match[1])
        return f"<!-- table: {match[1]} -->\n{content}\n<!-- end -->"

    return BLOCK.sub(block, text)


def pages():
    """Returns the files that have a table."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path for path in found if BLOCK.search(path.read_text())]


def main():
    """Fills all pages."""
    for path in pages():
        path.write_text(fill(path.read_text(), path.parent))


if __name__ == "__main__":
    main()
