"""The plots of a finished run, and the arrays that they show."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from keras_vrae import plots
from keras_vrae.datasets import Split, Splits
from keras_vrae.datasets.music import midi
from keras_vrae.evaluation.manifold import decode_grid
from keras_vrae.evaluation.retrieval import unit_rows
from keras_vrae.evaluation.words import interpolation, moved_words
from keras_vrae.files import replacing
from keras_vrae.models import VAE
from keras_vrae.training.experiment import ExperimentConfig
from keras_vrae.training.run_directory import RunDirectory

if TYPE_CHECKING:
    from keras_vrae.training.metrics import Codes

GRID_SIZE = 16
NUM_SAMPLES = 100
NUM_PAIRS = 40
NUM_MIDI = 4
# Test examples that are kept for the report, and the values of all of them: bytes, or floats.
MOST_KEPT, MOST_BYTES, MOST_FLOATS = 5000, 4_000_000, 250_000
# Of documents.
MAPPED = 2000
DIMENSIONS_SHOWN = 12
NUM_QUERIES, NUM_RESULTS = 4, 3
NUM_WAYS, STEPS = 3, 5
TITLE_WIDTH = 90
PLAIN_PARTS = ("training", "validation")
# Of weighted terms, or of neighbours' words, the loss in training bounds nothing.
WEIGHTED_PARTS = ("training: weighted terms, no bound", "validation: the words as they are")


def draw(
    model: VAE, splits: Splits, config: ExperimentConfig, run: RunDirectory, codes: Codes
) -> None:
    """Draws the plots of a run and stores the arrays that they show in `figures/arrays.npz`.

    Args:
        model: the trained `VAE`.
        splits: its data.
        config: its `ExperimentConfig`.
        run: the `RunDirectory` to write to.
        codes: their `Codes`.
    """
    subject = f"{config.encoder} encoder, {config.dataset_name}"
    arrays = {
        "codes": codes.test.z_mean[:, : model.shared_dim],
        "labels": splits.test.y,
        "class_names": np.array(splits.spec.class_names, str),
        "kind": np.array(splits.spec.kind),
        "channel_names": np.array((splits.spec.notes or {}).get("channel_names", ()), str),
    }
    targets = getattr(splits.test, "targets", None)
    if targets is not None:
        arrays["targets"] = targets
    collect = _document_arrays if config.is_text else _example_arrays
    arrays.update(collect(model, splits, config, arrays["codes"]))
    with replacing(run.arrays_path) as aside:
        np.savez_compressed(aside, **arrays)
    if config.is_text:
        drawn = _document_plots(arrays, subject)
        drawn.update(_word_plots(model, splits, codes, subject))
    else:
        drawn = _example_plots(arrays, subject)
    parts = WEIGHTED_PARTS if config.has_targets else PLAIN_PARTS
    drawn["curves"] = plots.curves(
        run.read_history(),
        f"Training: {subject}",
        config.is_bound,
        parts,
        comparable=not config.has_targets,
    )
    for name, figure in drawn.items():
        with replacing(run.figures_path / f"{name}.png") as aside:
            figure.savefig(aside)
    if splits.spec.kind == "roll":
        _write_music(model, splits, config, run)


def _open_length(splits):
    """Returns the length of the longest test example if a model leaves the length open, or None."""
    return None if splits.spec.event_shape[0] else splits.test.x.shape[1]


def _write_music(model, splits, config, run):
    rolls = model.generate(NUM_MIDI, seed=config.seed, draw=True, length=_open_length(splits))
    for number, roll in enumerate(rolls):
        with replacing(run.figures_path / f"sample-{number}.mid") as aside:
            midi.write_midi(roll, aside)


def _example_arrays(model, splits, config, codes):
    first = splits.test.rows(slice(NUM_PAIRS)).in_memory()
    length = _open_length(splits)
    # Tokens have no mean, and their most probable ones are far more alike than they are.
    is_drawn = splits.spec.kind == "tokens"
    arrays = {
        "samples": model.generate(NUM_SAMPLES, seed=config.seed, draw=is_drawn, length=length),
        "originals": first.x,
        "reconstructions": model.reconstruct(first.inputs),
        **_kept_examples(splits, config.seed),
    }
    if first.lengths is not None:
        arrays["lengths"] = first.lengths
    if model.latent_dim == 2:
        arrays["manifold"] = decode_grid(model, GRID_SIZE, length)
    return arrays


def _kept_examples(splits, seed):
    """Returns the test examples that the report shows: as bytes if they are between 0 and 1."""
    shape = splits.test.rows(slice(1)).in_memory().x.shape[1:]
    most = MOST_BYTES if splits.spec.kind in ("image", "roll") else MOST_FLOATS
    count = min(splits.test.size, MOST_KEPT, max(NUM_PAIRS, most // math.prod(shape)))
    if isinstance(splits.test, Split):
        rows = np.sort(np.random.default_rng(seed).permutation(splits.test.size)[:count])
        kept = splits.test.rows(rows)
    else:  # Shards are read from their beginning.
        rows, kept = np.arange(count), splits.test.rows(slice(count)).in_memory()
    arrays = {"example_rows": rows, "examples": kept.x}
    if splits.spec.kind in ("image", "roll") and kept.x.min() >= 0 and kept.x.max() <= 1:
        arrays["examples"] = np.round(255 * kept.x).astype("uint8")
    if kept.lengths is not None:
        arrays["example_lengths"] = kept.lengths
    return arrays


def _example_plots(arrays, subject):
    kind = plots.get(str(arrays["kind"]), arrays["channel_names"])
    origin = "drawn from" if arrays["kind"] == "tokens" else "means of"
    drawn = {
        "embedding": plots.embedding(
            arrays["codes"],
            arrays["labels"],
            arrays["class_names"].tolist(),
            f"Test examples in latent space: {subject}",
        ),
        "samples": plots.samples(arrays["samples"], f"Samples, {origin} p(x|z): {subject}", kind),
        "reconstructions": plots.reconstructions(
            arrays["originals"],
            arrays["reconstructions"],
            f"Test examples and their reconstructions: {subject}",
            kind,
            arrays.get("lengths"),
        ),
    }
    if "manifold" in arrays:
        drawn["manifold"] = plots.plane(
            arrays["manifold"], f"Decoded latent plane: {subject}", kind
        )
    return drawn


def _document_arrays(model, splits, config, codes):
    rows = np.sort(np.random.default_rng(config.seed).permutation(len(codes))[:MAPPED])
    titles = splits.spec.text.titles[2]
    return {
        "map_rows": rows,
        "map": _in_the_plane(codes[rows], config.seed),
        "titles": np.array([title[:TITLE_WIDTH] for title in titles], str),
        "vocabulary": np.array(splits.spec.text.vocabulary, str),
    }


def _in_the_plane(codes, seed=0):
    """Returns codes as points of the plane: by t-SNE if they have more than two dimensions."""
    if codes.shape[1] == 2:
        return codes
    if codes.shape[1] == 1:
        noise = np.random.default_rng(seed).normal(size=len(codes))
        return np.column_stack([codes[:, 0], noise])
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(codes) - 1) / 3)
    tsne = TSNE(perplexity=perplexity, init="pca", random_state=seed, max_iter=500)
    return tsne.fit_transform(codes)


def _document_plots(arrays, subject):
    size = arrays["codes"].shape[1]
    axis_names = ("", "")
    if size == 2:
        axis_names = ("z mean, dimension 1", "z mean, dimension 2")
    elif size > 2:
        axis_names = (f"t-SNE of the {size} z means: only neighbourhoods have a meaning", "")
    figure = plots.document_map(
        arrays["map"],
        arrays["labels"][arrays["map_rows"]],
        arrays["class_names"].tolist(),
        f"Test documents: {subject}",
        axis_names,
    )
    if size != 2:
        figure.axes[0].set(xticks=[], yticks=[])
    return {"embedding": figure}


def _word_plots(model, splits, codes, subject):
    """Draws tables of words: those of each dimension, neighbours, and ways between documents."""
    text, rng = splits.spec.text, np.random.default_rng(0)
    counts = np.asarray(text.counts.sum(axis=0)).ravel()
    means = codes.test.z_mean
    moved = moved_words(model, means, text.vocabulary, counts)[:DIMENSIONS_SHOWN]
    rows = [[str(d + 1), f"{s:.1f}", ", ".join(low), ", ".join(up)] for d, s, low, up in moved]
    words = plots.word_table(
        ["dimension", "change, nats", "words of low values", "words of high values"],
        rows,
        (11, 13, 56, 56),
        f"Words of low and of high values of each latent dimension: {subject}",
    )
    queries = rng.choice(len(means), min(NUM_QUERIES, len(means)), replace=False)
    neighbours = _neighbours_plot(model, splits, codes, queries, subject)
    base = counts / counts.sum()
    ways = []
    for start, end in rng.choice(len(means), (NUM_WAYS, 2), replace=False):
        lists = interpolation(model, means[start], means[end], STEPS, base, text.vocabulary)
        parts = [f"… {step / (STEPS - 1):.0%} of the way" for step in range(1, STEPS - 1)]
        places = [_titled(splits, 2, start), *parts, _titled(splits, 2, end)]
        ways += [[place, ", ".join(words)] for place, words in zip(places, lists, strict=True)]
    between = plots.word_table(
        ["from and to", "the most characteristic words on the way"],
        ways,
        (40, 100),
        f"Words of the decoder on the way from one test document to another: {subject}",
        [row for row in range(len(ways)) if row % STEPS in (0, STEPS - 1)],
    )
    return {"words": words, "neighbours": neighbours, "interpolation": between}


def _titled(splits, part, row):
    """Returns the title of a document with its class."""
    title = splits.spec.text.titles[part][row]
    number = splits[part].y[row]
    return f"{title} [{splits.spec.class_names[number]}]" if number >= 0 else title


def _neighbours_plot(model, splits, codes, queries, subject):
    train = unit_rows(codes.train.z_mean[:, : model.shared_dim])
    asked = unit_rows(codes.test.z_mean[queries, : model.shared_dim])
    similarity = asked @ train.T
    rows: list[list[str]] = []
    bold: list[int] = []
    for number, query in enumerate(queries):
        bold.append(len(rows))
        rows.append(["query", _titled(splits, 2, query)])
        for found in np.argsort(-similarity[number])[:NUM_RESULTS]:
            rows.append([f"{similarity[number, found]:.2f}", _titled(splits, 0, found)])
    return plots.word_table(
        ["cosine", "document"],
        rows,
        (10, 110),
        f"Test documents and the training documents nearest to them: {subject}",
        bold,
    )
