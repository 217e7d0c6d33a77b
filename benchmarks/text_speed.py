"""Measures how long an epoch of documents takes, compared with the same model in PyTorch.

    python -m benchmarks.text_speed --data_dir=FOLDER --output=docs/benchmarks/text_speed.json

The model is a neural variational document model with the multinomial likelihood of the counts, one
hidden layer of 500 units and 32 latent dimensions, over the training documents of 20 Newsgroups,
split by date. `ours` trains it as `train_main.py` does, `torch bag` with an `EmbeddingBag` and the
fused Adam. This file is a contender too: `make` is what it runs.

PyTorch comes with `pip install -e ".[bench]"`. Cores are chosen with `taskset`.
"""

import tempfile
from pathlib import Path

from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

from benchmarks import harness

CONTENDERS = {"ours": ("text_speed", None), "torch bag": ("rivals/torch_nvdm", None)}


def make(task, variant):
    """Returns the turns of `harness.Contender`; there is one variant, None.

    `task.counts` is a `.npz` file of SciPy with the counts of terms, `(N, V)` float32, and
    `task.weights` the same with the input of PyTorch's encoder.
    """
    import keras_vrae
    from keras_vrae.datasets import Split
    from keras_vrae.datasets.pipeline import steps_in_epoch, training_batches

    split = Split(sparse.load_npz(task.counts), None)
    terms = [f"term{number}" for number in range(split.x.shape[1])]
    sizes = {"latent_dim": task.latent_dim, "hidden_units": task.hidden_units}
    model = keras_vrae.build_text("dense", terms, seed=0, **sizes)
    model.encoder.adapt(split.x)
    model.compile(keras_vrae.optimizers.Adam())
    batches = training_batches(split, task.batch_size, seed=0)
    steps = steps_in_epoch(split, task.batch_size)
    return {"train": lambda: model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)}


def measure(counts, contenders, rounds, batch_size=256, hidden_units=500, latent_dim=32):
    """Returns the seconds of an epoch of each contender over all documents, and more, a dict.

    Args:
        counts: the counts of the terms, a sparse matrix `(N, V)` of float32.
        contenders: names in `CONTENDERS`.
        rounds: number of rounds that count.
        batch_size, hidden_units, latent_dim: sizes.
    """
    task = {"batch_size": batch_size, "hidden_units": hidden_units, "latent_dim": latent_dim}
    with tempfile.TemporaryDirectory() as folder:
        # Our encoder reads TF-IDF weights of length 3 by default.
        weights = 3.0 * TfidfTransformer(sublinear_tf=True).fit_transform(counts)
        for name, matrix in (("counts", counts), ("weights", weights.astype("float32"))):
            task[name] = str(Path(folder, f"{name}.npz"))
            sparse.save_npz(task[name], matrix.tocsr())
        with harness.started({name: CONTENDERS[name] for name in contenders}, task) as processes:
            seconds = harness.take_turns(harness.turns_of(processes, "train"), rounds)
            memory = {name: process.peak_memory_mib for name, process in processes.items()}
    rates = harness.rates(seconds, counts.shape[0])
    best = harness.best_of(rates, "torch")
    return {
        "documents": counts.shape[0],
        "terms": counts.shape[1],
        "batch_size": batch_size,
        "seconds_per_epoch": {name: harness.spread(values) for name, values in seconds.items()},
        "documents_per_second": rates,
        "ours_over": harness.ratios(rates, "ours", [best] if best else []),
        "peak_memory_mib": memory,
    }


def main():
    """Runs the program."""
    program = harness.Program(__doc__, data_dir=None, contenders=tuple(CONTENDERS), rounds=5)
    flags = program.flags
    from benchmarks.text import load

    counts = load("by_date", flags.data_dir).train.x.tocsr().astype("float32")
    found = measure(counts, flags.contenders, flags.rounds)
    for name, row in found["seconds_per_epoch"].items():
        print(f"{name:14} {harness.in_words(row)} s an epoch")
    print(f"times as fast: {found['ours_over']}")
    program.save({"rounds": flags.rounds, **found})


if __name__ == "__main__":
    main()
