"""Measures how fast training and encoding are, compared with other ways to write the same model.

    python -m benchmarks.training --data_dir=DIR --output=F.json

The model is a VAE on MNIST with 500 units and 2 latent dimensions in float32, trained by Adam.
`fit` is this package as a user calls it, `vae.fit(x)`, and `threads` the same after
`one_thread_per_operation()`; `program` is what `train_main.py` runs, with binarization and
clipping. `tutorial` is a Keras model with a training step of its own, `dataset` the same fed by
`tf.data`, so that it waits for no autotuner; `torch` the best of three ways, `jax` a compiled
step. `limit` is the matrix products of a training step and nothing else, the better of two ways.
`--against=` leaves the others out. Without a folder for MNIST the data are random, and time and
memory can be measured as `--batch_sizes`, `--units`, `--images` and `--shape` grow.

PyTorch and JAX come with `pip install -e ".[bench]"`. Cores are chosen with `taskset`.
"""

import tempfile
from pathlib import Path

import numpy as np

from benchmarks import harness
from benchmarks.limit import training_flops

OURS = {name: ("ours", name) for name in ("fit", "threads", "program")}
LIMITS = {f"limit {way}": ("limit", way) for way in ("tensorflow", "side-by-side")}
RIVALS = {
    "tutorial": {"tutorial": ("rivals/tutorial", None)},
    "dataset": {"dataset": ("rivals/tutorial", "dataset")},
    "torch": {f"torch {w}": ("rivals/torch_vae", w) for w in ("eager", "fused", "compile")},
    "jax": {"jax": ("rivals/jax_vae", None)},
}
# Images, multiples of every usual batch size, and passes over them in a turn of training: enough
# for some seconds, since the first steps after a pause are slower, and since a call of `fit` begins
# with work that the loops of others have done before.
IMAGES = {"dense": 51_200, "lstm": 2_560, "gru": 2_560}
EPOCHS = {"dense": 2, "lstm": 1, "gru": 1}


def measure(images, encoder, batch_size, rivals, rounds, units=500):
    """Returns the results of all contenders with one encoder and batch size, a dict.

    Args:
        images: `(N, T, D)` float32, the data of a turn; N is a multiple of the batch size.
        encoder: `"dense"`, `"lstm"` or `"gru"`.
        batch_size: number of examples in a training step.
        rivals: names in `RIVALS`.
        rounds: number of rounds that count.
        units: number of units of every hidden layer.
    """
    programs = {**OURS, **LIMITS}
    for rival in rivals:
        programs.update(RIVALS[rival])
    with tempfile.TemporaryDirectory() as folder:
        np.save(path := str(Path(folder, "images.npy")), images)
        task = {"encoder": encoder, "batch_size": batch_size, "images": path}
        task |= {"hidden_units": units, "encode_batch": 128, "epochs": EPOCHS[encoder]}
        with harness.started(programs, task) as contenders:
            seconds = {
                "training": harness.take_turns(harness.turns_of(contenders, "train"), rounds)
            }
            memory = {name: contender.peak_memory_mib for name, contender in contenders.items()}
            seconds["encoding"] = harness.take_turns(harness.turns_of(contenders, "encode"), rounds)
    flops = training_flops(encoder, images.shape[1:], units)
    result = {"encoder": encoder, "batch_size": batch_size, "images": len(images)}
    result["epochs"] = EPOCHS[encoder]
    result["megaflops_per_image"] = round(flops / 1e6, 3)
    counts = {"training": EPOCHS[encoder] * len(images), "encoding": len(images)}
    for work, times in seconds.items():
        result[work] = compare(harness.rates(times, counts[work]), rivals)
    training = result["training"]
    rates = training["images_per_second"]
    limit = harness.best_of(rates, "limit")
    training |= {"limit": limit, "peak_memory_mib": memory}
    training["gigaflops_per_second"] = {
        name: round(rates[name]["median"] * flops / 1e9, 1) for name in (*OURS, limit)
    }
    training["fraction_of_limit"] = {
        name: harness.ratios(rates, name, [limit])[limit] for name in OURS
    }
    return result


def compare(rates, rivals):
    """Returns the rates of one kind of work, and our ratios to the best of each rival and of us."""
    others = [name for name in (harness.best_of(rates, rival) for rival in rivals) if name]
    others += [name for name in OURS if name in rates]
    ratios = {
        f"{name}_over": harness.ratios(rates, name, [o for o in others if o != name])
        for name in ("fit", "threads")
        if name in rates
    }
    return {"images_per_second": rates, **ratios}


def print_result(result):
    """Prints the results of one encoder and batch size."""
    print(f"\n{result['encoder']}, batches of {result['batch_size']}")
    for work in ("training", "encoding"):
        for name, row in result[work]["images_per_second"].items():
            ratio = result[work]["fit_over"].get(name)
            text = f"; fit is {harness.in_words(ratio)} times as fast" if ratio else ""
            print(f"  {work:9} {name:18} {harness.in_words(row, ',.0f')} images/s{text}")
    for name, fraction in result["training"]["fraction_of_limit"].items():
        print(f"  {name}: {fraction['median']:.0%} of the limit", flush=True)


def main():
    """Runs the program."""
    sizes = {"batch_sizes": (128, 512), "units": 500, "images": 0, "shape": (28, 28), "rounds": 5}
    program = harness.Program(
        __doc__, data_dir=None, against=tuple(RIVALS), encoders=harness.ENCODERS, **sizes
    )
    flags, results = program.flags, []
    report = {"rounds": flags.rounds, "results": results}
    for encoder in flags.encoders:
        for batch_size in flags.batch_sizes:
            count = (flags.images or IMAGES[encoder]) // batch_size * batch_size
            images = np.random.default_rng(0).random((count, *flags.shape), dtype="float32")
            if flags.data_dir:
                from keras_vrae import datasets

                images = datasets.load("mnist", flags.data_dir).train.x[:count]
            rivals = [name for name in flags.against if name]
            results.append(measure(images, encoder, batch_size, rivals, flags.rounds, flags.units))
            print_result(results[-1])
            program.save(report)


if __name__ == "__main__":
    main()
