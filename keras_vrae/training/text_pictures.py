"""The pictures of a finished run on documents, and the arrays behind them."""

import numpy as np

from keras_vrae.evaluation.retrieval import unit_rows
from keras_vrae.evaluation.words import interpolation, moved_words
from keras_vrae.files import replacing
from keras_vrae.plots import images as plots
from keras_vrae.plots import text as text_plots

MAPPED = 2000
DIMENSIONS_SHOWN = 12
NUM_QUERIES, NUM_RESULTS = 4, 3
NUM_WAYS, STEPS = 3, 5
TITLE_WIDTH = 90
PLAIN_PARTS = ("training", "validation")
# Of weighted terms, or of neighbours' words, the loss in training bounds nothing.
WEIGHTED_PARTS = ("training: weighted terms, no bound", "validation: the words as they are")


def draw(model, splits, config, run, codes):
    """Draws the figures of a run and stores the arrays behind the map in `figures/arrays.npz`.

    Args:
        model: the trained `VAE`.
        splits: its data.
        config: its `ExperimentConfig`.
        run: the `RunDirectory` to write to.
        codes: their `Codes`.
    """
    subject = f"{config.encoder} encoder, {config.dataset}"
    means = codes.test.z_mean[:, : model.shared_dim]
    rows = np.sort(np.random.default_rng(config.seed).permutation(len(means))[:MAPPED])
    arrays = {
        "codes": means,
        "labels": splits.test.y,
        "class_names": np.array(splits.spec.class_names, str),
        "map_rows": rows,
        "map": plane(means[rows], config.seed),
        "titles": np.array([title[:TITLE_WIDTH] for title in splits.spec.text.titles[2]], str),
    }
    with replacing(run.arrays_path) as aside:
        np.savez_compressed(aside, **arrays)
    figures = {
        "embedding": map_figure(arrays, f"Test documents: {subject}"),
        "curves": plots.curves(
            run.read_history(),
            f"Training: {subject}",
            config.is_bound,
            WEIGHTED_PARTS if config.has_targets else PLAIN_PARTS,
        ),
        **word_figures(model, splits, codes, subject),
    }
    for name, figure in figures.items():
        with replacing(run.figures_path / f"{name}.png") as aside:
            figure.savefig(aside)


def plane(codes, seed=0):
    """Codes as points of the plane: as they are with two dimensions, by t-SNE with more."""
    if codes.shape[1] == 2:
        return codes
    if codes.shape[1] == 1:
        noise = np.random.default_rng(seed).normal(size=len(codes))
        return np.column_stack([codes[:, 0], noise])
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(codes) - 1) / 3)
    tsne = TSNE(perplexity=perplexity, init="pca", random_state=seed, max_iter=500)
    return tsne.fit_transform(codes)


def map_axes(arrays):
    """Names of the axes of the map."""
    size = arrays["codes"].shape[1]
    if size == 2:
        return "z mean, dimension 1", "z mean, dimension 2"
    return (f"t-SNE of the {size} z means: who is near whom, no more", "") if size > 2 else ("", "")


def map_figure(arrays, title):
    """The map of documents as a figure."""
    names = [str(name) for name in arrays["class_names"]]
    labels = arrays["labels"][arrays["map_rows"]]
    figure = text_plots.document_map(arrays["map"], labels, names, title, map_axes(arrays))
    if arrays["codes"].shape[1] != 2:
        figure.axes[0].set(xticks=[], yticks=[])
    return figure


def word_figures(model, splits, codes, subject):
    """The pictures of words, by name: what moves them, neighbours, and ways between documents."""
    text, rng = splits.spec.text, np.random.default_rng(0)
    counts = np.asarray(text.counts.sum(axis=0)).ravel()
    means = codes.test.z_mean
    moved = moved_words(model, means, text.vocabulary, counts)[:DIMENSIONS_SHOWN]
    rows = [[str(d + 1), f"{s:.1f}", ", ".join(low), ", ".join(up)] for d, s, low, up in moved]
    figures = {
        "words": text_plots.word_table(
            ["dimension", "change, nats", "words of low values", "words of high values"],
            rows,
            (11, 13, 56, 56),
            f"Words that tell low from high values of each latent dimension: {subject}",
        )
    }
    queries = rng.choice(len(means), min(NUM_QUERIES, len(means)), replace=False)
    figures["neighbours"] = _neighbours(model, splits, codes, queries, subject)
    base = counts / counts.sum()
    ways = []
    for start, end in rng.choice(len(means), (NUM_WAYS, 2), replace=False):
        lists = interpolation(model, means[start], means[end], STEPS, base, text.vocabulary)
        parts = [f"… {step / (STEPS - 1):.0%} of the way" for step in range(1, STEPS - 1)]
        places = [_titled(splits, 2, start), *parts, _titled(splits, 2, end)]
        ways += [[place, ", ".join(words)] for place, words in zip(places, lists, strict=True)]
    figures["interpolation"] = text_plots.word_table(
        ["from and to", "the words that tell most on the way"],
        ways,
        (40, 100),
        f"From one test document to another, what the decoder writes: {subject}",
        [row for row in range(len(ways)) if row % STEPS in (0, STEPS - 1)],
    )
    return figures


def _titled(splits, part, row):
    """The title of a document with its class."""
    title = splits.spec.text.titles[part][row]
    number = splits[part].y[row]
    return f"{title} [{splits.spec.class_names[number]}]" if number >= 0 else title


def _neighbours(model, splits, codes, queries, subject):
    train = unit_rows(codes.train.z_mean[:, : model.shared_dim])
    asked = unit_rows(codes.test.z_mean[queries, : model.shared_dim])
    similarity = asked @ train.T
    rows, bold = [], []
    for number, query in enumerate(queries):
        bold.append(len(rows))
        rows.append(["query", _titled(splits, 2, query)])
        for found in np.argsort(-similarity[number])[:NUM_RESULTS]:
            rows.append([f"{similarity[number, found]:.2f}", _titled(splits, 0, found)])
    return text_plots.word_table(
        ["cosine", "document"],
        rows,
        (10, 110),
        f"Test documents and the training documents nearest to them: {subject}",
        bold,
    )
