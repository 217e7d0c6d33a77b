"""Pictures of a model: arrays in, a matplotlib `Figure` out; nothing is shown or saved here.

Each picture is one function that draws on an `Axes` (`draw_...`), for use in figures of your own,
and one that makes a whole figure of it.
"""

import math

import numpy as np
from matplotlib import patheffects
from matplotlib.figure import Figure

# Ten colours told apart with every kind of colour vision: Petroff, 2021, arXiv 2107.02270.
CLASS_COLOURS = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
CLASS_MARKERS = "osD^vP*X<>"
TRAIN_COLOUR, VALIDATION_COLOUR = CLASS_COLOURS[0], CLASS_COLOURS[6]
FADED = "#555555"
MOST_POINTS = 10_000


def embedding(codes, labels, class_names, title=""):
    """The codes of labelled examples in the plane, a colour and a legend entry for each class.

    Args:
        codes: posterior means, `(N, Z)`. Two dimensions are drawn as they are, more of them as
            their first two principal components (and the axes say so), one against the classes.
        labels: class numbers, `(N,)`.
        class_names: names of the classes in the order of their numbers.
        title: what to write above.

    Returns:
        `Figure`.
    """
    figure = Figure(figsize=(8.4, 7), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    draw_embedding(axes, codes, labels, class_names)
    axes.set_title(title, loc="left", fontsize=13)
    figure.legend(loc="outside right upper", frameon=False, title="class", alignment="left")
    return figure


def draw_embedding(axes, codes, labels, class_names):
    """Draws the codes on `axes`; arguments as in `embedding`."""
    codes, labels = np.asarray(codes), np.asarray(labels)
    size = float(np.clip(9000 / len(codes), 4, 30))
    order = np.random.default_rng(0).permutation(len(codes))[:MOST_POINTS]
    points, x_name, y_name = _in_the_plane(codes[order], labels[order])
    labels = labels[order]
    marks = {}
    for number, name in enumerate(class_names):
        colour = CLASS_COLOURS[number % len(CLASS_COLOURS)]
        marker = CLASS_MARKERS[number // len(CLASS_COLOURS) % len(CLASS_MARKERS)]
        marks[number] = colour, marker
        axes.scatter([], [], s=36, color=colour, marker=marker, linewidths=0, label=name)
    # In slices of mixed classes, so that no class hides the others.
    for part in np.array_split(np.arange(len(points)), 10):
        for number, (colour, marker) in marks.items():
            rows = part[labels[part] == number]
            axes.scatter(
                *points[rows].T, s=size, color=colour, marker=marker, alpha=0.7, linewidths=0
            )
    halo = [patheffects.withStroke(linewidth=3, foreground="white")]
    for number in np.unique(labels):
        centre = np.median(points[labels == number], axis=0)
        axes.annotate(
            class_names[number],
            centre,
            ha="center",
            va="center",
            fontsize=13,
            fontweight="bold",
            path_effects=halo,
        )
    axes.set_xlabel(x_name)
    axes.set_ylabel(y_name)
    axes.spines[["top", "right"]].set_visible(False)


def _in_the_plane(codes, labels):
    """Two coordinates for each code, and what to call them."""
    if codes.shape[1] == 2:
        return codes, "z mean, dimension 1", "z mean, dimension 2"
    if codes.shape[1] == 1:
        jitter = np.random.default_rng(0).uniform(-0.35, 0.35, len(codes))
        return np.column_stack([codes[:, 0], labels + jitter]), "z mean", "class number, jittered"
    from sklearn.decomposition import PCA

    pca = PCA(2).fit(codes)
    names = [
        f"principal component {index + 1} of the {codes.shape[1]} z means ({share:.0%} of variance)"
        for index, share in enumerate(pca.explained_variance_ratio_)
    ]
    return pca.transform(codes), *names


def manifold(images, title=""):
    """Decoded images over a square grid of the prior's quantiles, `(n, n, ...)` from the bottom."""
    figure, axes = _image_figure(title)
    draw_manifold(axes, images)
    return figure


def draw_manifold(axes, images):
    """Draws decoded images `(n, n, ...)` on `axes`: dimension 1 to the right, 2 upwards."""
    images = np.asarray(images)[::-1]
    draw_images(axes, images.reshape(-1, *images.shape[2:]), columns=images.shape[1])
    axes.set_axis_on()
    axes.set(xticks=[], yticks=[])
    axes.set_xlabel("z dimension 1, quantiles 0.02 to 0.98 of the prior")
    axes.set_ylabel("z dimension 2, likewise")
    axes.spines[:].set_visible(False)


def samples(images, title=""):
    """A sheet of generated images `(N, ...)`."""
    figure, axes = _image_figure(title)
    draw_images(axes, images)
    return figure


def reconstructions(originals, copies, title="", columns=10):
    """Pairs of images: each original with its reconstruction below."""
    rows = []
    for start in range(0, len(originals), columns):
        rows += [originals[start : start + columns], copies[start : start + columns]]
    figure, axes = _image_figure(title, height=6.2)
    draw_images(axes, np.concatenate(rows), columns=columns, pair_rows=True)
    return figure


def _image_figure(title, height=7.0):
    figure = Figure(figsize=(6.6, height), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=12)
    return figure, axes


def draw_images(axes, images, columns=None, gap=1, pair_rows=False):
    """Draws images side by side on `axes`.

    Args:
        axes: where to draw.
        images: `(N, H, W)` or `(N, H, W, C)`, values between 0 and 1; others are clipped.
        columns: images in a row; a square sheet when None.
        gap: pixels between images.
        pair_rows: whether every second row belongs to the one above, and the gap below it is wider.
    """
    images = np.clip(np.asarray(images, "float32"), 0.0, 1.0)
    columns = columns or math.ceil(math.sqrt(len(images)))
    rows = math.ceil(len(images) / columns)
    height, width = images.shape[1:3]
    steps = [(height + gap) * row + (row // 2 * 2 * gap if pair_rows else 0) for row in range(rows)]
    sheet = np.ones((steps[-1] + height, (width + gap) * columns - gap, *images.shape[3:]))
    for index, image in enumerate(images):
        top, left = steps[index // columns], index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = 1.0 - image if image.ndim == 2 else image
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()


def curves(rows, title="", is_bound=True, parts=("training", "validation")):
    """Training and validation curves of the bound and its two parts, in nats an example.

    Args:
        rows: the history, one dict an epoch with `epoch`, `loss`, `reconstruction`, `kl` and their
            `val_` counterparts.
        title: what to write above.
        is_bound: whether `-loss` is an evidence lower bound.
        parts: what to call the two parts.
    """
    figure = Figure(figsize=(11, 3.8), dpi=150, layout="constrained")
    panels = [
        ("loss", -1.0, "ELBO" if is_bound else "minus the loss (grey levels: no bound)"),
        ("reconstruction", -1.0, "log p(x|z)" if is_bound else "minus the cross-entropy"),
        ("kl", 1.0, "KL(q(z|x) || p(z))"),
    ]
    epochs = [row["epoch"] for row in rows]
    marker = "o" if len(rows) == 1 else None
    for axes, (name, sign, label) in zip(figure.subplots(1, 3), panels, strict=True):
        for prefix, colour, part in (
            ("", TRAIN_COLOUR, parts[0]),
            ("val_", VALIDATION_COLOUR, parts[1]),
        ):
            values = [sign * row[prefix + name] for row in rows]
            axes.plot(epochs, values, color=colour, marker=marker, label=part, linewidth=1.8)
        axes.set_title(label, loc="left", fontsize=11)
        axes.set_xlabel("epoch")
        axes.grid(axis="y", color="#e5e5e5")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.get_major_locator().set_params(integer=True)
    figure.axes[0].set_ylabel("nats an example")
    figure.axes[0].legend(frameon=False, loc="best")
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    return figure
