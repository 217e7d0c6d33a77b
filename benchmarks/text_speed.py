"""How long an epoch of documents takes, beside the same model in PyTorch.

    python -m benchmarks.text_speed --data_dir=FOLDER --output=docs/benchmarks/text_speed.json

The model is a neural variational document model with the multinomial likelihood of the counts, one
hidden layer of 500 units and 32 latent dimensions, over the training documents of 20 Newsgroups,
split by date. `ours` trains it as `train_main.py` does; `torch` is the better of two ways to read
sparse rows, with the fused Adam. They work in turns, each in a process of its own.

PyTorch comes with `pip install -e ".[bench]"`. Cores are chosen with `taskset`.
"""

import argparse
import dataclasses
import json
import tempfile
from pathlib import Path

from benchmarks import machine, summary
from benchmarks.turns import Contender, take_turns

OURS = "ours"
CONTENDERS = {
    OURS: ("benchmarks.text_speed", None),
    "torch bag": ("benchmarks.rivals.torch_nvdm", "bag"),
    "torch matrix": ("benchmarks.rivals.torch_nvdm", "matrix"),
}


@dataclasses.dataclass(frozen=True)
class DocumentsTask:
    """What every contender does: train a model of documents.

    Attributes:
        counts_path: `.npz` file of SciPy with the counts of terms, `(N, V)` float32.
        weights_path: the same with what the encoder reads of them; ours computes it of the counts.
        batch_size: documents in a training step, B.
        hidden_units: units of the hidden layer, H.
        latent_dim: number of latent dimensions, Z.
    """

    counts_path: str
    weights_path: str
    batch_size: int = 256
    hidden_units: int = 500
    latent_dim: int = 32


def make(task, variant):
    """This package as a contender, see `benchmarks.turns.Contender`; there is one variant, None."""
    from scipy import sparse

    import keras_vrae
    from keras_vrae.datasets import Split
    from keras_vrae.datasets.pipeline import steps_in_epoch, training_batches

    split = Split(sparse.load_npz(task.counts_path), None)
    terms = [f"term{number}" for number in range(split.x.shape[1])]
    model = keras_vrae.build_text(
        "dense", terms, latent_dim=task.latent_dim, hidden_units=task.hidden_units, seed=0
    )
    model.encoder.adapt(split.x)
    model.compile(keras_vrae.optimizers.Adam())
    batches = training_batches(split, task.batch_size, seed=0)
    steps = steps_in_epoch(split, task.batch_size)
    return {
        "train": lambda: model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0),
    }


def weigh(counts):
    """TF-IDF weights of length 3, which our encoder reads by default."""
    from sklearn.feature_extraction.text import TfidfTransformer

    return (3.0 * TfidfTransformer(sublinear_tf=True).fit_transform(counts)).astype("float32")


def measure(counts, rounds, **sizes):
    """Seconds of an epoch of each contender over all documents.

    Args:
        counts: of the terms, a sparse matrix `(N, V)` of float32.
        rounds: rounds that count.
        **sizes: further fields of `DocumentsTask`.

    Returns:
        The figures, a dict.
    """
    from scipy import sparse

    contenders = {}
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder, f"{name}.npz")) for name in ("counts", "weights")]
        for path, matrix in zip(paths, (counts, weigh(counts)), strict=True):
            sparse.save_npz(path, matrix.tocsr())
        task = DocumentsTask(*paths, **sizes)
        try:
            for name, (module, variant) in CONTENDERS.items():
                contenders[name] = Contender(module, variant, task)
            for contender in contenders.values():
                contender.wait()
            seconds = take_turns(contenders, "train", rounds)
        finally:
            for contender in contenders.values():
                contender.close()
    rates = summary.rates(seconds, counts.shape[0])
    best = summary.best_of(rates, "torch")
    return {
        "documents": counts.shape[0],
        "terms": counts.shape[1],
        "batch_size": task.batch_size,
        "seconds_per_epoch": {name: summary.spread(values) for name, values in seconds.items()},
        "documents_per_second": rates,
        "ours_over": summary.ratios(rates, OURS, [best] if best else []),
        "peak_memory_mib": {name: c.peak_memory_mib for name, c in contenders.items()},
    }


def main():
    """Runs the program."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.text_speed",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data_dir", help="folder of scikit-learn with 20 Newsgroups")
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument("--output", type=Path, help="file for the figures, as JSON")
    flags = parser.parse_args()
    from benchmarks.text import load

    counts = load("by_date", flags.data_dir).train.x.tocsr().astype("float32")
    report = {**machine.describe(), "rounds": flags.rounds, **measure(counts, flags.rounds)}
    for name, row in report["seconds_per_epoch"].items():
        low, high = row["quartiles"]
        print(f"{name:14} {row['median']:.2f} s an epoch ({low:.2f} to {high:.2f})")
    for name, row in report["ours_over"].items():
        print(f"ours is {row['median']:.2f} times as fast as {name}")
    if flags.output:
        flags.output.write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
