"""Measures the package on its three backends, and on JAX against a program written by hand.

    python -m benchmarks.backends --output=F.json

Model and data are those of `benchmarks.training`, on a CPU: 500 units, 2 latent dimensions, random
images of 28 x 28, `vae.fit(x)` and `vae.encode(x)` in float32.
"""

import tempfile
from pathlib import Path

import numpy as np

from benchmarks import harness
from benchmarks.training import IMAGES

PROGRAMS = {
    "tensorflow": ("ours", "fit"),
    "jax": ("ours", "jax"),
    "torch": ("ours", "torch"),
    "jax by hand": ("rivals/jax_vae", None),
    "torch by hand": ("rivals/torch_vae", "fused"),
}


def measure(encoder, batch_size, rounds, images, units, programs):
    """Returns the rates of all programs with one encoder and batch size, a dict."""
    x = np.random.default_rng(0).random((images, 28, 28), "float32")
    with tempfile.TemporaryDirectory() as folder:
        np.save(path := str(Path(folder, "images.npy")), x)
        task = {"encoder": encoder, "batch_size": batch_size, "images": path}
        task |= {"hidden_units": units, "encode_batch": 128, "epochs": 1}
        with harness.started({name: PROGRAMS[name] for name in programs}, task) as contenders:
            result = {"encoder": encoder, "batch_size": batch_size, "images": images}
            for title, work in (("training", "train"), ("encoding", "encode")):
                turns = harness.turns_of(contenders, work)
                rows = harness.rates(harness.take_turns(turns, rounds), images)
                others = [name for name in rows if name != "jax"]
                result[title] = {"images_per_second": rows}
                if "jax" in rows:
                    result[title]["jax_over"] = harness.ratios(rows, "jax", others)
    return result


def main():
    """Runs the benchmark."""
    program = harness.Program(
        __doc__,
        rounds=5,
        encoders=harness.ENCODERS,
        batch_sizes=(128,),
        images=0,
        units=500,
        programs=tuple(PROGRAMS),
    )
    flags, results = program.flags, []
    for encoder in flags.encoders:
        for batch_size in flags.batch_sizes:
            images = flags.images or IMAGES[encoder]
            results.append(
                measure(encoder, batch_size, flags.rounds, images, flags.units, flags.programs)
            )
            for title in ("training", "encoding"):
                rows = results[-1][title]["images_per_second"]
                medians = {name: row["median"] for name, row in rows.items()}
                print(encoder, batch_size, title, medians, flush=True)
    program.save({"results": results})


if __name__ == "__main__":
    main()
