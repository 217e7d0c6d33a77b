"""Writes `docs/benchmarks/speed.md`: `python -m benchmarks.speed_page`.

The text is that of `speed_page.md` beside this file, the figures are those of `training.json`,
`growth.json` and `startup.json` in `docs/benchmarks/speed/`, as the benchmarks of these names write
them. A table stands between two comments with its name; what stands between them is replaced.
"""

import json
import math
import re
from pathlib import Path

from benchmarks.summary import ENCODERS, best_of, table

TEMPLATE = Path(__file__).with_suffix(".md")
PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks" / "speed.md"
OURS = {
    "fit": "`vae.fit(x)`",
    "threads": "the same, threads set",
    "program": "`train_main.py`",
}
RIVALS = {
    "tutorial": "Keras, tutorial",
    "dataset": "tutorial, tf.data",
    "torch": "PyTorch",
    "jax": "JAX",
}
ENCODING_OURS = {"fit": "`vae.encode(x)`", "threads": "the same, threads set"}
SWEEPS = {
    "batch_size": "batch size",
    "hidden_units": "units",
    "steps": "time steps",
    "examples": "examples",
}


def spread(row, form=".2f"):
    """A median with its middle half."""
    low, high = row["quartiles"]
    return f"{row['median']:{form}} ({low:{form}} to {high:{form}})"


def name_of(result):
    """Encoder and batch size of a result."""
    return f"{ENCODERS[result['encoder']]}, {result['batch_size']}"


def rival_cells(work):
    """Images a second of each rival, with the variant where there are several."""
    for family in RIVALS:
        name = best_of(work["images_per_second"], family)
        if name is None:
            yield ""
        else:
            variant = name.removeprefix(family).strip()
            figure = f"{work['images_per_second'][name]['median']:,.0f}"
            yield f"{figure} ({variant})" if variant else figure


def ratio_cells(ratios, families):
    """How many times as fast something of ours is as each of these."""
    for family in families:
        name = next((other for other in ratios if other.split()[0] == family), None)
        yield spread(ratios[name]) if name else ""


def rates_table(report, key):
    """Images a second; `key` is `"training"` or `"encoding"`."""
    ours = OURS if key == "training" else ENCODING_OURS
    rows = []
    for result in report["results"]:
        if key in result:
            figures = result[key]["images_per_second"]
            own = [f"{figures[name]['median']:,.0f}" for name in ours]
            name = name_of(result) if key == "training" else ENCODERS[result["encoder"]]
            rows.append([name, *own, *rival_cells(result[key])])
    return table(["images/s", *ours.values(), *RIVALS.values()], rows)


def ratios_table(report, key):
    """How many times as fast; `key` as in `rates_table`."""
    heads = {**RIVALS, "program": OURS["program"]} if key == "training" else RIVALS
    ours = OURS if key == "training" else ENCODING_OURS
    rows = []
    for result in report["results"]:
        name = name_of(result) if key == "training" else ENCODERS[result["encoder"]]
        for own in ("fit", "threads"):
            if ratios := result.get(key, {}).get(f"{own}_over"):
                rows.append([name, ours[own], *ratio_cells(ratios, heads)])
    return table(["", "times as fast as", *heads.values()], rows)


def limit_table(report):
    """How much of the limit is reached."""
    rows = []
    for result in report["results"]:
        training = result["training"]
        rates, limit = training["gigaflops_per_second"], training["limit"]
        rows.append(
            [
                name_of(result),
                f"{result['megaflops_per_image']:.1f}",
                f"{rates[limit]:.0f} ({limit.removeprefix('limit ')})",
                *(f"{rates[name]:.0f}" for name in OURS),
                *(f"{training['fraction_of_limit'][name]['median']:.2f}" for name in OURS),
            ]
        )
    head = ["", "MFLOP an image", "products alone, GFLOP/s", *OURS.values()]
    return table([*head, *(f"{name}, fraction" for name in OURS.values())], rows)


def memory_table(report):
    """Peak memory of each process."""
    rows = []
    for result in report["results"]:
        memory = result["training"]["peak_memory_mib"]
        names = ["fit", *(best_of(result["training"]["images_per_second"], f) for f in RIVALS)]
        rows.append([name_of(result), *(f"{memory[n]:,.0f}" if n else "" for n in names)])
    return table(["peak memory, MiB", "`vae.fit(x)`", *RIVALS.values()], rows)


def startup_table(report):
    """Seconds of each case."""
    rows = [
        [case if part == "whole" else f"{case}: {part} alone", spread(row)]
        for case, parts in report["seconds"].items()
        for part, row in parts.items()
    ]
    ratio = spread(report["import_over_keras"])
    return table(["", "seconds"], [*rows, ["`import keras_vrae` over `import keras`", ratio]])


def growth_table(report):
    """Time and memory of each point, ours and the tutorial's, and the exponent of each step."""
    points = {}
    for p in report["points"]:
        key = p["sweep"], p["encoder"], p[p["sweep"]]
        points.setdefault(key, {})[p["contender"]] = p
    rows, before = [], None
    for (sweep, encoder, size), pair in points.items():
        ours, theirs = pair["fit"], pair["tutorial"]
        exponent = ""
        if before and before[:2] == (sweep, encoder):
            longer = ours["milliseconds_per_step"] / before[3]
            exponent = f"{math.log(longer) / math.log(size / before[2]):.2f}"
        before = sweep, encoder, size, ours["milliseconds_per_step"]
        rows.append(
            [
                f"{SWEEPS[sweep]} {size:,}, {ENCODERS[encoder]}",
                f"{ours['milliseconds_per_step']:,.1f}",
                f"{theirs['milliseconds_per_step']:,.1f}",
                exponent,
                f"{ours['peak_memory_mib']:,.0f}",
                f"{theirs['peak_memory_mib']:,.0f}",
                f"{ours['peak_memory_mib'] / theirs['peak_memory_mib']:.2f}",
            ]
        )
    head = ["", "ms a step", "tutorial", "exponent", "MiB", "tutorial", "ratio"]
    return table(head, rows)


def profile_table(report):
    """Milliseconds of a training step, and the share of each kind of kernel in those of all."""
    rows = []
    for encoder, found in report["encoders"].items():
        kinds, longest = found["milliseconds"], list(found["longest"].items())[:5]
        whole = sum(kinds.values())
        rows.append(
            [
                ENCODERS[encoder],
                f"{found['milliseconds_per_step']:,.1f}",
                f"{whole:,.1f}",
                *(f"{part / whole:.0%}" for part in kinds.values()),
                ", ".join(f"{name.removeprefix('_Mkl')} {ms:,.1f}" for name, ms in longest),
            ]
        )
    return table(["", "ms a step", "in kernels", *kinds, "longest, ms a step"], rows)


def machine_line(report):
    """Where and with what the figures were taken."""
    machine, versions = report["machine"], report["versions"]
    names = ", ".join(f"{name} {version}" for name, version in versions.items())
    cores = f"{machine['cores']} {'core' if machine['cores'] == 1 else 'cores'}"
    memory = f"{machine['memory_gib']} GiB of memory" if machine["memory_gib"] else ""
    parts = [machine["processor"], cores, memory, machine["system"], names]
    return "; ".join(part for part in parts if part) + "."


def picture(name, text):
    """Markdown of a picture that a benchmark drew."""
    return f"![{text}](../images/speed-{name}.png)"


# Table of the page -> file with its figures, and what makes the table of them.
TABLES = {
    "training": ("training", lambda report: rates_table(report, "training")),
    "training picture": (
        "training",
        lambda _: picture("training", "Training images a second of each contender"),
    ),
    "training ratios": ("training", lambda report: ratios_table(report, "training")),
    "limit": ("training", limit_table),
    "profile": ("profile", profile_table),
    "encoding": ("training", lambda report: rates_table(report, "encoding")),
    "encoding ratios": ("training", lambda report: ratios_table(report, "encoding")),
    "memory": ("training", memory_table),
    "startup": ("startup", startup_table),
    "growth": ("growth", growth_table),
    "growth picture": (
        "growth",
        lambda _: picture("growth", "Time of a step and peak memory against what grows"),
    ),
    "machine": ("training", machine_line),
}


def fill(text, folder):
    """The page with its tables made of the files in a folder; a missing one is said to be so."""
    reports = {
        name: json.loads(path.read_text())
        for name in ("training", "profile", "growth", "startup")
        if (path := Path(folder, f"{name}.json")).exists()
    }

    def block(match):
        source, make = TABLES[match[1]]
        content = make(reports[source]) if source in reports else "*Not measured yet.*"
        return f"<!-- table: {match[1]} -->\n{content}\n<!-- end -->"

    return re.sub(r"<!-- table: ([\w ]+) -->\n.*?<!-- end -->", block, text, flags=re.DOTALL)


def main():
    """Runs the program."""
    PAGE.write_text(fill(TEMPLATE.read_text(), PAGE.with_suffix("")))


if __name__ == "__main__":
    main()
