"""Measures training on an accelerator: this package, plain Keras, and programs written by hand.

    python -m benchmarks.gpu --output=F.json
    python -m benchmarks.gpu --precision=bfloat16 --output=F.json

It needs JAX, PyTorch, and Keras with its packages namex and optree; no TensorFlow, no network and
no data, which are random. Images are `(28, 28)` with a Bernoulli likelihood. Sequences have eight
values a step and lengths from a quarter of the longest to the longest, with a Gaussian likelihood
and a dense decoder of all steps, so that the encoder's work with a mask is what is compared. All
models have 500 units, 2 latent dimensions and Adam.

`ours` is `vae.fit(x)` of this package, and `keras` the same model of Keras's own layers and loss,
each on JAX and on PyTorch; `torch` is a program with cuDNN, `torch compile` the same with
`torch.compile`, and `jax` a compiled step with a scan. Each program is a process that compiles all
its work at once; then they take turns. `--scale=0.01` multiplies examples, units and steps, to try
all of it in small, on a CPU too.
"""

import os

import numpy as np

from benchmarks import harness

PROGRAMS = {
    "ours jax": ("gpu_programs/ours", "jax"),
    "ours torch": ("gpu_programs/ours", "torch"),
    "keras jax": ("gpu_programs/plain_keras", "jax"),
    "keras torch": ("gpu_programs/plain_keras", "torch"),
    "torch": ("gpu_programs/by_hand_torch", "eager"),
    "torch compile": ("gpu_programs/by_hand_torch", "compile"),
    "jax": ("gpu_programs/by_hand_jax", None),
}
OURS = ("ours jax", "ours torch")
# Examples of a turn, for half a second or so on one of today's accelerators.
IMAGES = {"dense": 131_072, "lstm": 16_384, "gru": 16_384}
STEPS_OF_SEQUENCES = 262_144


def works_of(batch_sizes, lengths, scale):
    """The trainings that are measured: settings by name.

    Args:
        batch_sizes: sizes of the batches of images.
        lengths: longest steps of the padded sequences, in batches of 128.
        scale: multiplies the numbers of examples and steps.
    """
    works = {}
    for encoder, examples in IMAGES.items():
        for batch_size in batch_sizes:
            rows = max(2, round(scale * examples / batch_size)) * batch_size
            works[f"{encoder} {batch_size}"] = {
                "encoder": encoder,
                "batch_size": batch_size,
                "shape": (rows, 28, 28),
                "masked": False,
            }
    for steps in lengths:
        steps = max(4, round(scale * steps))
        rows = max(2, round(scale * STEPS_OF_SEQUENCES / steps / 128)) * 128
        works[f"padded {steps}"] = {
            "encoder": "lstm",
            "batch_size": 128,
            "shape": (rows, steps, 8),
            "masked": True,
        }
    return works


def data_of(work, seed=0):
    """Random examples of a work, and the lengths of padded sequences or None."""
    generator = np.random.default_rng(seed)
    rows, steps, _ = work["shape"]
    if not work["masked"]:
        return (generator.random(work["shape"], "float32") < 0.2).astype("float32"), None
    lengths = generator.integers(max(1, steps // 4), steps + 1, rows)
    x = generator.normal(size=work["shape"]).astype("float32")
    return x * (np.arange(steps) < lengths[:, None])[..., None], lengths


def main():
    """Runs the benchmark."""
    program = harness.Program(
        __doc__,
        rounds=3,
        batch_sizes=(128, 512, 4096),
        lengths=(100, 300, 1000),
        units=500,
        precision="float32",
        scale=1.0,
        programs=tuple(PROGRAMS),
    )
    flags = program.flags
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # Several programs share the memory.
    works = works_of(flags.batch_sizes, flags.lengths, flags.scale)
    units = max(4, round(flags.scale * flags.units))
    task = {"works": works, "units": units, "precision": flags.precision}
    chosen = {name: PROGRAMS[name] for name in flags.programs}
    results = {"works": works, "training": {}}
    with harness.started(chosen, task) as contenders:
        for name, work in works.items():
            seconds = harness.take_turns(harness.turns_of(contenders, name), flags.rounds)
            rates = harness.rates(seconds, work["shape"][0])
            others = [each for each in rates if each not in OURS]
            best = max(others, key=lambda each: rates[each]["median"], default=None)
            result = {"examples_per_second": rates, "best_of_the_others": best}
            if best:
                mine = [each for each in OURS if each in rates]
                result["over_the_best"] = {
                    each: harness.ratios(rates, each, [best])[best] for each in mine
                }
            results["training"][name] = result
            print(name, {each: row["median"] for each, row in rates.items()}, flush=True)
        results["memory_mib"] = {
            name: contender.device_memory_mib for name, contender in contenders.items()
        }
    program.save(results)


if __name__ == "__main__":
    main()
