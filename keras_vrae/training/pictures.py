"""The pictures of a finished run, and the arrays behind them."""

import numpy as np

from keras_vrae import plots
from keras_vrae.atomic import replacing
from keras_vrae.evaluation.manifold import decode_grid

GRID_SIZE = 16
NUM_SAMPLES = 100
NUM_PAIRS = 40


def draw(model, splits, config, run, codes):
    """Draws the figures of a run and stores the arrays behind them in `figures/arrays.npz`.

    Args:
        model: the trained `VAE`.
        splits: its data.
        config: its `ExperimentConfig`.
        run: the `RunDirectory` to write to.
        codes: posterior means of the test part, `(N, Z)`.
    """
    originals = splits.test.x[:NUM_PAIRS]
    arrays = {
        "codes": codes,
        "labels": splits.test.y,
        "class_names": np.array(splits.spec.class_names),
        "samples": model.generate(NUM_SAMPLES, seed=config.seed),
        "originals": originals,
        "reconstructions": model.reconstruct(originals),
    }
    if model.latent_dim == 2:
        arrays["manifold"] = decode_grid(model, GRID_SIZE)
    with replacing(run.arrays_path) as aside:
        np.savez_compressed(aside, **arrays)
    for name, figure in figures(arrays, run.read_history(), config).items():
        with replacing(run.figures_path / f"{name}.png") as aside:
            figure.savefig(aside)


def figures(arrays, rows, config):
    """The figures of a run by name."""
    subject = f"{config.encoder} encoder, {config.dataset}"
    drawn = {
        "embedding": plots.embedding(
            arrays["codes"],
            arrays["labels"],
            [str(name) for name in arrays["class_names"]],
            f"Test examples in latent space: {subject}",
        ),
        "samples": plots.samples(arrays["samples"], f"Samples, means of p(x|z): {subject}"),
        "reconstructions": plots.reconstructions(
            arrays["originals"],
            arrays["reconstructions"],
            f"Test examples, their reconstructions below: {subject}",
        ),
        "curves": plots.curves(rows, f"Training: {subject}", config.is_bound),
    }
    if "manifold" in arrays:
        drawn["manifold"] = plots.manifold(arrays["manifold"], f"Decoded latent plane: {subject}")
    return drawn
