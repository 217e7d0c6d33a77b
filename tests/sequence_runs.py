"""Small finished runs on sequences, for the tests of the programs that use such runs."""

import numpy as np

from keras_vrae.training import ExperimentConfig, train_and_evaluate
from keras_vrae_cli.program import main

STEPS, CHANNELS = 12, 2


def waves(count, seed=0, strange=0):
    """Padded waves of unequal length, the last of them of another kind: x, lengths, labels."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(6, STEPS + 1, count)
    phase = rng.uniform(0, 2 * np.pi, (count, 1)) + 0.7 * np.arange(STEPS)
    x = 100 + 10 * np.stack([np.sin(phase), np.cos(phase)], axis=-1)
    x += rng.normal(size=x.shape)
    y = np.array(["wave"] * count, dtype="U8")
    if strange:
        x[-strange:] = 100 + 10 * rng.normal(size=(strange, STEPS, CHANNELS))
        y[-strange:] = "noise"
    return x, lengths, y


def caller(command, run_dir, capsys):
    """Returns a function of flags that runs a command: exit status, output, errors."""

    def call(*flags, run_dir=run_dir):
        capsys.readouterr()
        status = main(command, command, [str(run_dir), *map(str, flags)])
        return status, *capsys.readouterr()

    return call


def train(folder, encoder="gru", decoder="gru", **settings):
    """Trains on waves; returns the folder of the run."""
    x, lengths, y = waves(120)
    np.savez(folder / "train.npz", x=x, lengths=lengths, y=y)
    config = ExperimentConfig(
        encoder=encoder,
        decoder=decoder,
        dataset=f"timeseries:{folder / 'train.npz'}",
        **{
            "hidden_units": 16,
            "latent_dim": 4,
            "epochs": 30,
            "batch_size": 16,
            "learning_rate": 0.02,
            "nll_samples": 0,
            **settings,
        },
    )
    train_and_evaluate(config, folder / "run")
    return folder / "run"
