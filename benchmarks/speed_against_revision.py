"""Measures how fast this checkout is compared with another one of the same package.

    git worktree add ../before REVISION
    python -m benchmarks.speed_against_revision ../before --output=F.json

`fit` and `encode` of the dense, LSTM and GRU encoders with 500 units and 2 latent dimensions, on
random data in the shape of MNIST. Each checkout has a process of its own for each encoder, and the
two take turns. A ratio above 1 says that this checkout is faster: it is the median over the rounds
of the other checkout's seconds by ours. Two processes of one checkout differ by some percent, so
several pairs are measured one after the other.
"""

import tempfile
from pathlib import Path

import numpy as np

from benchmarks import harness

BATCHES = {"dense": 200, "lstm": 8, "gru": 8}  # Of a turn.
BATCH_SIZE = 128


def measure(folders, encoder, batches, pairs, rounds, hidden_units=500):
    """Returns the seconds of all turns by work and checkout, lists over the rounds of all pairs.

    `folders` are the checkouts by name, `"old"` and `"new"`, `batches` the mini-batches in a turn.
    """
    seconds = {work: {name: [] for name in folders} for work in ("train", "encode")}
    x = np.random.default_rng(0).random((batches * BATCH_SIZE, 28, 28), dtype="float32")
    with tempfile.TemporaryDirectory() as folder:
        np.save(path := str(Path(folder, "images.npy")), x)
        task = {"encoder": encoder, "batch_size": BATCH_SIZE, "images": path}
        task |= {"hidden_units": hidden_units, "encode_batch": BATCH_SIZE, "epochs": 1}
        for number in range(pairs):
            order = sorted(folders, reverse=bool(number % 2))
            programs = {name: ("ours", "fit", folders[name]) for name in order}
            with harness.started(programs, task) as contenders:
                for name, contender in contenders.items():
                    if folders[name] not in Path(contender.package).parents:
                        raise RuntimeError(f"{contender.package} is not of {folders[name]}")
                for work, found in seconds.items():
                    turns = harness.turns_of(contenders, work)
                    for name, values in harness.take_turns(turns, rounds).items():
                        found[name] += values
    return seconds


def main():
    """Runs the program."""
    program = harness.Program(
        __doc__,
        old=[],
        new=str(harness.ROOT),
        encoders=harness.ENCODERS,
        batches=0,
        pairs=4,
        rounds=5,
    )
    flags = program.flags
    folders = {"old": Path(flags.old[0]).resolve(), "new": Path(flags.new).resolve()}
    revisions = {name: harness.revision(folder) for name, folder in folders.items()}
    print(harness.describe()["machine"], revisions)
    results = {}
    for encoder in flags.encoders:
        batches = flags.batches or BATCHES[encoder]
        for work, found in measure(folders, encoder, batches, flags.pairs, flags.rounds).items():
            rates = harness.rates(found, batches * BATCH_SIZE)
            row = harness.ratios(rates, "new", ["old"])["old"]
            results.setdefault(encoder, {})[work] = {
                "times_as_fast": row,
                "images_per_second": rates,
            }
            medians = [f"{name} {rates[name]['median']:,.0f} images/s" for name in folders]
            ratio = f"{harness.in_words(row, '.3f')} times as fast"
            print(f"{encoder:6}{work:7} {ratio}; {', '.join(medians)}", flush=True)
        program.save({"revisions": revisions, "results": results})


if __name__ == "__main__":
    main()
