"""Clusters, scores and continues time series of unequal length: `python examples/time_series.py`.

The series are made here, so that nothing has to be installed or downloaded: three kinds of waves
with noise, from 20 to 40 steps long. Put your own instead of `make_series`.
"""

import keras
import numpy as np

import keras_vrae
from keras_vrae.evaluation import anomaly, cluster_agreement


def make_series(count, rng):
    """Waves of two channels, `(T_n, 2)` each, and the kind of each."""
    series, kinds = [], rng.integers(3, size=count)
    for kind in kinds:
        steps = rng.integers(20, 41)
        phase = np.arange(steps) * (0.3, 0.5, 0.8)[kind] + rng.uniform(0, np.pi / 2)
        wave = np.stack([np.sin(phase), np.cos(phase) * (1.0, 0.5, 1.0)[kind]], axis=1)
        series.append(wave + 0.1 * rng.normal(size=wave.shape))
    return series, kinds


def main():
    """Trains one model and uses it in three ways."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    train, _ = make_series(300, rng)
    test, kinds = make_series(100, rng)

    vae = keras_vrae.build(
        "gru",
        input_shape=(40, 2),  # as long as the longest; (None, 2) for any length
        latent_dim=8,
        hidden_units=48,
        likelihood="gaussian",
        decoder="gru",
        decoder_options={"inputs": "teacher", "word_dropout": 0.3, "z_at_every_step": True},
        bidirectional=True,
        seed=0,
    )
    vae.compile(keras_vrae.optimizers.Adam(3e-3))
    vae.fit(train, batch_size=32, epochs=40, verbose=0)

    agreement = cluster_agreement(vae.encode(test).z_mean, kinds)
    print(f"k-means on the codes: NMI {agreement['nmi']:.2f}, ARI {agreement['ari']:.2f}")

    broken = [series.copy() for series in test]
    is_broken = np.arange(len(test)) % 5 == 0
    for series in np.array(broken, dtype=object)[is_broken]:
        start = rng.integers(len(series) - 5)
        series[start : start + 5] = 0.0
    scores = [anomaly.anomaly_scores(vae, x).per_example for x in (train, broken)]
    metrics = anomaly.anomaly_metrics(*scores, is_broken)
    print(f"sensors that fall silent for 5 steps: AUROC {metrics['auroc']:.2f}")

    prefixes = [series[:15] for series in test]
    futures = vae.complete(prefixes, length=20, num_samples=50, seed=0)
    truth = np.stack([series[15:20] for series in test])
    error = np.sqrt(np.mean((futures.mean(axis=1)[:, 15:] - truth) ** 2))
    last = np.sqrt(np.mean((np.stack([p[-1:] for p in prefixes]) - truth) ** 2))
    print(f"five steps ahead: RMSE {error:.2f}; that of the last value repeated is {last:.2f}")


if __name__ == "__main__":
    main()
