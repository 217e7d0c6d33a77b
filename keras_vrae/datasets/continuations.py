"""Files of continued sequences, each of which is there whole or not at all."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from keras_vrae.datasets.music import midi
from keras_vrae.files import replacing


def write_continuations(
    path: str | Path,
    x: np.ndarray,
    prefix_lengths: Sequence[int] | np.ndarray,
    names: Sequence[str],
) -> list[Path]:
    """Writes continued sequences in the format of a file's ending, and returns the paths.

    `.csv`: a row per time step, with `series`, `sample`, `step`, `given` (1 for a step of the
    prefix) and a column per channel. `.npz`: the arrays `x`, `lengths` (of the prefixes) and
    `names`. `.mid`, for piano rolls: a file per continuation, such as `NAME-3-0.mid` for the first
    one of the fourth sequence.

    Args:
        path: path of the file.
        x: `(N, K, T)` or `(N, K, T, D)`, K sequences per prefix, which begin with it.
        prefix_lengths: steps of each prefix, `(N,)`.
        names: name of each prefix.
    """
    path = Path(path)
    if path.suffix.lower() == ".mid":
        return [
            _write_roll(path.with_stem(f"{path.stem}-{row}-{sample}"), roll)
            for row, rolls in enumerate(x)
            for sample, roll in enumerate(rolls)
        ]
    with replacing(path) as aside:
        if path.suffix.lower() == ".npz":
            np.savez_compressed(aside, x=x, lengths=prefix_lengths, names=np.array(names))
        else:
            _write_table(aside, x, prefix_lengths, names)
    return [path]


def _write_roll(path, roll):
    with replacing(path) as aside:
        midi.write_midi(roll, aside)
    return path


def _write_table(path, x, prefix_lengths, names):
    tokens = x.ndim == 3
    x = x[..., np.newaxis] if tokens else x
    channels = ["token"] if tokens else [f"value_{number}" for number in range(x.shape[-1])]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["series", "sample", "step", "given", *channels])
        for name, length, samples in zip(names, prefix_lengths, x, strict=True):
            for sample, steps in enumerate(samples):
                for step, values in enumerate(steps):
                    numbers = [int(value) if tokens else float(value) for value in values]
                    writer.writerow([name, sample, step, int(step < length), *numbers])
