"""How fast training and encoding are, beside other ways to write the same model.

    python -m benchmarks.training --data_dir=DIR --output=F.json

The model is a VAE on MNIST with 500 units and 2 latent dimensions in float32, trained by Adam.
`fit` is this package as a user calls it, `vae.fit(x)`, and `threads` the same after
`one_thread_per_operation()`; `program` is what `train_main.py` runs, with
binarization and clipping. `tutorial` is a Keras model with a training step of its own, `dataset`
the same fed by `tf.data`, so that it waits for no autotuner; `torch` the best of three ways, `jax`
a compiled step. `limit` is the matrix products of a training step and nothing else, the best of
three ways. The contenders work in turns, each in a process of its own.

Torch and JAX come with `pip install -e ".[bench]"`. Cores are chosen with `taskset`.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import machine, summary
from benchmarks.arithmetic import training_flops
from benchmarks.turns import Contender, Task, take_turns

OURS = {name: ("benchmarks.ours", name) for name in ("fit", "threads", "program")}
LIMITS = {
    f"limit {way}": ("benchmarks.limit", way) for way in ("numpy", "tensorflow", "side-by-side")
}
RIVALS = {
    "tutorial": {"tutorial": ("benchmarks.rivals.tutorial", None)},
    "dataset": {"dataset": ("benchmarks.rivals.tutorial", "dataset")},
    "torch": {
        f"torch {way}": ("benchmarks.rivals.torch_vae", way)
        for way in ("eager", "fused", "compile")
    },
    "jax": {"jax": ("benchmarks.rivals.jax_vae", None)},
}
# Images of a turn: multiples of every usual batch size, and enough for a turn of some seconds.
IMAGES = {"dense": 12_800, "lstm": 1_280, "gru": 1_280}


def measure(images, encoder, batch_size, rivals, rounds, units=500, encode=True):
    """All contenders with one encoder and batch size.

    Args:
        images: `(N, T, D)` float32, what a turn goes over; N a multiple of the batch size.
        encoder: `"dense"`, `"lstm"` or `"gru"`.
        batch_size: examples in a training step.
        rivals: names in `RIVALS`.
        rounds: rounds that count.
        units: units of every hidden layer.
        encode: whether encoding is measured too.

    Returns:
        The figures, a dict.
    """
    programs = {**OURS, **LIMITS}
    for rival in rivals:
        programs.update(RIVALS[rival])
    contenders = {}
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "images.npy"))
        np.save(path, images)
        task = Task(encoder, batch_size, path, hidden_units=units)
        try:
            for name, (module, variant) in programs.items():
                contenders[name] = Contender(module, variant, task)
            for contender in contenders.values():
                contender.wait()
            seconds = {"training": take_turns(contenders, "train", rounds)}
            memory = {name: contender.peak_memory_mib for name, contender in contenders.items()}
            if encode:
                seconds["encoding"] = take_turns(contenders, "encode", rounds)
        finally:
            for contender in contenders.values():
                contender.close()
    flops = training_flops(encoder, images.shape[1:], units)
    result = {"encoder": encoder, "batch_size": batch_size, "images": len(images)}
    result["megaflops_per_image"] = round(flops / 1e6, 3)
    for work, times in seconds.items():
        result[work] = compare(summary.rates(times, len(images)), rivals)
    training = result["training"]
    limit = summary.best_of(training["images_per_second"], "limit")
    training["gigaflops_per_second"] = {
        name: round(training["images_per_second"][name]["median"] * flops / 1e9, 1)
        for name in (*OURS, limit)
    }
    training["limit"] = limit
    training["peak_memory_mib"] = memory
    training["fraction_of_limit"] = {
        name: summary.ratios(training["images_per_second"], name, [limit])[limit] for name in OURS
    }
    return result


def compare(figures, rivals):
    """The figures of one kind of work with the ratios to the best of each rival and of ours."""
    others = [name for name in (summary.best_of(figures, rival) for rival in rivals) if name]
    others += [name for name in OURS if name in figures]
    ratios = {
        f"{name}_over": summary.ratios(figures, name, [o for o in others if o != name])
        for name in ("fit", "threads")
        if name in figures
    }
    return {"images_per_second": figures, **ratios}


def say(result):
    """Prints the figures of one encoder and batch size."""
    print(f"\n{result['encoder']}, batches of {result['batch_size']}")
    for work in ("training", "encoding"):
        for name, row in result.get(work, {}).get("images_per_second", {}).items():
            low, high = row["quartiles"]
            ratio = result[work]["fit_over"].get(name)
            text = f"  fit is {ratio['median']:.2f} times as fast" if ratio else ""
            print(f"  {work:9} {name:18} {row['median']:9,.0f} ({low:,.0f} to {high:,.0f}){text}")
    training = result["training"]
    rates = training["gigaflops_per_second"]
    for name, fraction in training["fraction_of_limit"].items():
        reached = f"{rates[name]} of {rates[training['limit']]} GFLOP/s"
        print(f"  {name}: {fraction['median']:.0%} of the limit, {reached}", flush=True)


def load_images(data_dir):
    """The 60,000 training images of MNIST."""
    from keras_vrae import datasets  # Here, for the processes of the contenders do without it.

    splits = datasets.load("mnist", data_dir)
    return np.concatenate([splits.train.x, splits.validation.x])


def main():
    """Runs the program."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data_dir", help="folder with the four IDX files of MNIST")
    parser.add_argument("--against", default=",".join(RIVALS), help="rivals (default: %(default)s)")
    parser.add_argument("--encoders", default=",".join(IMAGES), help="(default: %(default)s)")
    parser.add_argument("--batch_sizes", default="128,512", help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument("--images", type=int, help="images of a turn")
    parser.add_argument("--output", type=Path, help="file for the figures, as JSON")
    parser.add_argument("--picture", type=Path, help="file for a picture, as PNG")
    flags = parser.parse_args()
    rivals = [name for name in flags.against.split(",") if name]
    unknown = {*rivals} - {*RIVALS} or {*flags.encoders.split(",")} - {*IMAGES}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    print("Reading MNIST ...", flush=True)
    images = load_images(flags.data_dir)
    report = {**machine.describe(), "rounds": flags.rounds, "results": []}
    for encoder in flags.encoders.split(","):
        for number, batch_size in enumerate(map(int, flags.batch_sizes.split(","))):
            count = (flags.images or IMAGES[encoder]) // batch_size * batch_size
            print(f"\nMeasuring {encoder}, batches of {batch_size} ...", flush=True)
            result = measure(
                images[:count], encoder, batch_size, rivals, flags.rounds, encode=number == 0
            )
            say(result)
            report["results"].append(result)
            if flags.output:
                flags.output.write_text(json.dumps(report, indent=2) + "\n")
    if flags.picture:
        from benchmarks import pictures

        pictures.training_figure(report).savefig(flags.picture)


if __name__ == "__main__":
    main()
