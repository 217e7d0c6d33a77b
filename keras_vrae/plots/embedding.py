"""Plots of codes in the plane: of examples, and of documents."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from keras_vrae.plots.style import CLASS_COLOURS, HALO, class_style, hide_frame

MOST_POINTS = 10_000


def embedding(
    codes: ArrayLike, labels: ArrayLike, class_names: Sequence[str], title: str = ""
) -> Figure:
    """Draws the codes of examples in the plane, with a colour and a legend entry for each class.

    Args:
        codes: posterior means, `(N, Z)`. Two dimensions are drawn as they are, more of them as
            their first two principal components (and the axes say so), one against the classes.
        labels: class numbers, `(N,)`; -1 for an example without a label.
        class_names: names of the classes in the order of their numbers. One class alone, that of
            examples without labels, is not named.
        title: title of the plot.

    Returns:
        `Figure`.
    """
    figure = Figure(figsize=(8.4, 7), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    draw_embedding(axes, codes, labels, class_names)
    axes.set_title(title, loc="left", fontsize=13)
    if len(class_names) > 1:
        figure.legend(loc="outside right upper", frameon=False, title="class", alignment="left")
    return figure


def draw_embedding(
    axes: Axes, codes: ArrayLike, labels: ArrayLike, class_names: Sequence[str]
) -> None:
    """Draws the codes on `axes`; arguments as in `embedding`."""
    codes, labels = np.asarray(codes), np.asarray(labels)
    size = float(np.clip(9000 / len(codes), 4, 30))
    order = np.random.default_rng(0).permutation(len(codes))[:MOST_POINTS]
    points, x_name, y_name = _in_the_plane(codes[order], labels[order])
    labels = labels[order]
    named = {number: name for number, name in enumerate(class_names) if len(class_names) > 1}
    if named and np.any(labels < 0):
        named[-1] = "no label"
    styles = {number: class_style(number) for number in np.unique([*labels, *named])}
    for number, name in named.items():
        colour, marker = styles[number]
        axes.scatter([], [], s=36, color=colour, marker=marker, linewidths=0, label=name)
    # In slices of mixed classes, so that no class hides the others.
    for part in np.array_split(np.arange(len(points)), 10):
        for number, (colour, marker) in styles.items():
            rows = part[labels[part] == number]
            x, y = points[rows].T
            axes.scatter(x, y, s=size, color=colour, marker=marker, alpha=0.7, linewidths=0)
    for number in sorted({*labels.tolist()} & {*range(len(class_names))} & {*named}):
        _name_class(axes, points[labels == number], class_names[number], fontsize=13)
    axes.set_xlabel(x_name)
    axes.set_ylabel(y_name)
    hide_frame(axes)


def document_map(
    points: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    title: str = "",
    axis_names: tuple[str, str] = ("", ""),
) -> Figure:
    """Draws documents in the plane, with a colour, a marker and a legend entry for each class.

    If there are more classes than colours, each also has its number, at the median of its
    documents and in the legend.

    Args:
        points: coordinates, `(N, 2)`.
        labels: class numbers, `(N,)`; -1 for a document without a label.
        class_names: names of the classes in the order of their numbers.
        title: title of the plot.
        axis_names: names of the two axes; without them no ticks are drawn.

    Returns:
        `Figure`.
    """
    figure = Figure(figsize=(10.4, 7.2), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    draw_document_map(axes, points, labels, class_names, axis_names)
    axes.set_title(title, loc="left", fontsize=13)
    figure.legend(loc="outside right center", frameon=False, fontsize=10, markerscale=1.2)
    return figure


def draw_document_map(
    axes: Axes,
    points: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    axis_names: tuple[str, str] = ("", ""),
) -> None:
    """Draws the documents on `axes`; arguments as in `document_map`."""
    size = float(np.clip(24000 / len(points), 6, 30))
    numbered = len(class_names) > len(CLASS_COLOURS)
    for number in range(-1 if np.any(labels < 0) else 0, len(class_names)):
        rows, (colour, marker) = labels == number, class_style(number)
        name = class_names[number] if number >= 0 else "no label"
        if numbered and number >= 0:
            name = f"{number + 1}  {name}"
        x, y = points[rows].T
        axes.scatter(x, y, s=size, color=colour, marker=marker, alpha=0.75, lw=0, label=name)
        if numbered and number >= 0 and rows.any():
            _name_class(axes, points[rows], str(number + 1))
    axes.set(xlabel=axis_names[0], ylabel=axis_names[1])
    if not any(axis_names):
        axes.set(xticks=[], yticks=[])
    hide_frame(axes)


def _name_class(axes, points, text, **style):
    """Writes at the median of some points."""
    axes.annotate(
        text,
        np.median(points, axis=0),
        ha="center",
        va="center",
        weight="bold",
        path_effects=HALO,
        **style,
    )


def _in_the_plane(codes, labels):
    """Returns two coordinates for each code, and the names of the two axes."""
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
