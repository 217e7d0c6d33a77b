"""The pictures of a finished run, and the arrays behind them."""

import numpy as np

from keras_vrae.datasets.music import midi
from keras_vrae.evaluation.manifold import decode_grid
from keras_vrae.files import replacing
from keras_vrae.plots import images as plots
from keras_vrae.plots import rolls as roll_plots
from keras_vrae.plots import series as series_plots
from keras_vrae.plots import tokens as token_plots

GRID_SIZE = 16
NUM_SAMPLES = 100
NUM_PAIRS = 40
NUM_MIDI = 4
# What draws examples, by the kind of their `DataSpec`.
PLOTS = {"image": plots, "series": series_plots, "roll": roll_plots, "tokens": token_plots}


def draw(model, splits, config, run, codes):
    """Draws the figures of a run and stores the arrays behind them in `figures/arrays.npz`.

    Args:
        model: the trained `VAE`.
        splits: its data.
        config: its `ExperimentConfig`.
        run: the `RunDirectory` to write to.
        codes: their `Codes`.
    """
    first = splits.test.rows(slice(NUM_PAIRS)).in_memory()
    # Where the length is open, that of the longest test example.
    length = None if splits.spec.event_shape[0] else splits.test.x.shape[1]
    # Tokens have no mean, and their most probable ones are far more alike than they are.
    is_drawn = splits.spec.kind == "tokens"
    arrays = {
        "codes": codes.test.z_mean[:, : model.shared_dim],
        "labels": splits.test.y,
        "class_names": np.array(splits.spec.class_names),
        "samples": model.generate(NUM_SAMPLES, seed=config.seed, draw=is_drawn, length=length),
        "originals": first.x,
        "reconstructions": model.reconstruct(first.inputs),
    }
    if first.lengths is not None:
        arrays["lengths"] = first.lengths
    if model.latent_dim == 2:
        arrays["manifold"] = decode_grid(model, GRID_SIZE, length)
    with replacing(run.arrays_path) as aside:
        np.savez_compressed(aside, **arrays)
    if splits.spec.kind == "roll":
        drawn_rolls = model.generate(NUM_MIDI, seed=config.seed, draw=True, length=length)
        for number, roll in enumerate(drawn_rolls):
            with replacing(run.figures_path / f"sample-{number}.mid") as aside:
                midi.write_midi(roll, aside)
    drawn = figures(arrays, run.read_history(), config, splits.spec.kind)
    for name, figure in drawn.items():
        with replacing(run.figures_path / f"{name}.png") as aside:
            figure.savefig(aside)


def figures(arrays, rows, config, kind="image"):
    """The figures of a run by name; `kind` is that of its `DataSpec`."""
    subject = f"{config.encoder} encoder, {config.dataset_name}"
    examples = PLOTS[kind]
    how = "drawn from" if kind == "tokens" else "means of"
    lengths = {"lengths": arrays["lengths"]} if "lengths" in arrays else {}
    drawn = {
        "embedding": plots.embedding(
            arrays["codes"],
            arrays["labels"],
            [str(name) for name in arrays["class_names"]],
            f"Test examples in latent space: {subject}",
        ),
        "samples": examples.samples(arrays["samples"], f"Samples, {how} p(x|z): {subject}"),
        "reconstructions": examples.reconstructions(
            arrays["originals"],
            arrays["reconstructions"],
            f"Test examples, their reconstructions below: {subject}"
            if kind == "image"
            else f"Test examples and their reconstructions: {subject}",
            **lengths,
        ),
        "curves": plots.curves(rows, f"Training: {subject}", config.is_bound),
    }
    if "manifold" in arrays:
        drawn["manifold"] = examples.manifold(
            arrays["manifold"], f"Decoded latent plane: {subject}"
        )
    return drawn
