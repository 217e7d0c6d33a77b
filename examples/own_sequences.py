"""Codes and scores of your own sequences: `python examples/own_sequences.py`.

The sequences are a list of arrays `(steps, channels)` of unequal length. They are made here, so
that nothing has to be installed or downloaded: movements of a hand that draws circles, eights and
lines, recorded in two channels. Put your own instead of `record_movements`. The codes are drawn
into `own_sequences.png`, or the file that is named as an argument.
"""

import sys

import numpy as np

from keras_vrae import plots
from keras_vrae.sklearn import VAEAnomalyDetector, VAEEmbedder

KINDS = ("circle", "eight", "line")


def record_movements(count, rng):
    """Movements, a list of arrays `(T_n, 2)`, and the number of the kind of each."""
    movements, kinds = [], np.arange(count) % len(KINDS)
    for kind in kinds:
        t = np.linspace(0.0, 2 * np.pi, rng.integers(15, 26)) + rng.uniform(0.0, 0.5)
        x, y = np.cos(t), (np.sin(t), np.sin(2 * t), np.cos(t))[kind]
        movements.append(np.stack([x, y], axis=1) + 0.05 * rng.normal(size=(len(t), 2)))
    return movements, kinds


def main(path="own_sequences.png"):
    """Fits a model, and prints what its codes and scores are worth."""
    rng = np.random.default_rng(0)
    movements, kinds = record_movements(120, rng)
    others, kinds_of_others = record_movements(60, rng)

    embedder = VAEEmbedder(latent_dim=2, hidden_units=32, num_updates=600, random_state=0)
    codes = embedder.fit_transform(movements)  # (120, 2)
    distances = np.linalg.norm(embedder.transform(others)[:, np.newaxis] - codes, axis=2)
    agree = np.mean(kinds[distances.argmin(axis=1)] == kinds_of_others)
    print(f"kind of the nearest known movement: {agree:.0%} right")

    detector = VAEAnomalyDetector(num_updates=600, random_state=0).fit(movements)
    broken = [movement.copy() for movement in others]
    for movement in broken:
        movement[8:] = movement[8]  # The hand stops.
    print(f"called anomalous: {np.mean(detector.predict(others)):.0%} of new movements,", end=" ")
    print(f"{np.mean(detector.predict(broken)):.0%} of those that stop")

    plots.embedding(codes, kinds, KINDS, title="Movements").savefig(path)
    print(f"codes of the movements: {path}")


if __name__ == "__main__":
    main(*sys.argv[1:])
