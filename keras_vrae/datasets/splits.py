"""What a loader returns, and how the validation part is cut off."""

from typing import Any, NamedTuple

import numpy as np

from keras_vrae.validation import DataError

VALIDATION_SEED = 0
SMALLEST_PART = 10


class Split(NamedTuple):
    """Examples of one part of a data set.

    Attributes:
        x: values, shape `(N, ...)`, float32 between 0 and 1 for images; a sparse matrix of SciPy
            for counts of terms.
        y: class numbers, shape `(N,)`, int64; -1 for an example without a label.
        lengths: how many time steps of each example count, `(N,)`, or None where all do.
    """

    x: np.ndarray
    y: np.ndarray
    lengths: np.ndarray | None = None

    @property
    def inputs(self):
        """The examples as a model takes them: x, or a dict of x and lengths."""
        return self.x if self.lengths is None else {"x": self.x, "lengths": self.lengths}

    @property
    def values(self):
        """All values that count, in the shape `(..., D)` of the last axis."""
        if self.lengths is None:
            return self.x
        return self.x[np.arange(self.x.shape[1]) < self.lengths[:, np.newaxis]]

    @property
    def deviation(self):
        """Standard deviation of all values that count."""
        return float(self.values.std())

    def sample(self):
        """The part itself; of one that is too large for memory, as much as fits."""
        return self

    def in_memory(self):
        """The part itself; of one in shards, all of it."""
        return self

    def rows(self, rows):
        """A `Split` of some of the examples."""
        lengths = None if self.lengths is None else self.lengths[rows]
        return Split(self.x[rows], self.y[rows], lengths)

    @property
    def size(self):
        """Number of examples."""
        return self.x.shape[0]


class DataSpec(NamedTuple):
    """What a model has to know of a data set.

    Attributes:
        event_shape: shape of one example; begins with None where the batches of a model are to be
            as long as their longest sequence.
        num_classes: number of classes.
        class_names: what to call them, in the order of their numbers.
        kind: how to draw an example: `"image"`, `"series"`, `"roll"`, `"tokens"` or `"text"`.
        scaling: `mean` and `scale` of each channel of the training part, a dict, or None.
        notes: what else is worth keeping with a run, a dict for JSON, or None.
        text: of documents, a `keras_vrae.datasets.text.documents.TextData`; None for other data.
        num_categories: of tokens, how many there are, V; None for other data.
    """

    event_shape: tuple
    num_classes: int
    class_names: tuple
    kind: str = "image"
    scaling: dict | None = None
    notes: dict | None = None
    text: Any = None
    num_categories: int | None = None


class Splits(NamedTuple):
    """The three parts of a data set and their description. Figures come from `test` only."""

    train: Split
    validation: Split
    test: Split
    spec: DataSpec


def cut(x, y, fraction, seed):
    """Cuts a random part off, the same one for the same seed.

    Returns:
        `(rest, part)`, two `Split`s; the part has `fraction` of the examples, rounded.
    """
    order = np.random.default_rng(seed).permutation(len(x))
    size = round(fraction * len(x))
    # Sorted, so that each part keeps the order of the source.
    part, rest = np.sort(order[:size]), np.sort(order[size:])
    return Split(x[rest], y[rest]), Split(x[part], y[part])


def image_splits(train, test, class_names):
    """Makes `Splits` of grey or colour images, a tenth of the training part for validation.

    Args:
        train, test: pairs `(images, labels)`; images `(N, H, W)` or `(N, H, W, C)` of uint8.
        class_names: names of the classes.

    Raises:
        DataError: where the two parts do not fit each other.
    """
    parts = []
    for name, (images, labels) in {"train": train, "test": test}.items():
        if len(images) != len(labels) or len(images) < SMALLEST_PART:
            raise DataError(
                f"The {name} part must have {SMALLEST_PART} or more images and a label for each. "
                f"Received: {len(images)} images and {len(labels)} labels"
            )
        if images.ndim == 4 and images.shape[-1] == 1:
            images = images[..., 0]
        if labels.min() < 0 or labels.max() >= len(class_names):
            raise DataError(
                f"The labels of the {name} part must be from 0 to {len(class_names) - 1}. "
                f"Received: labels from {labels.min()} to {labels.max()}"
            )
        parts.append(Split(images.astype("float32") / 255.0, labels.astype("int64")))
    if parts[0].x.shape[1:] != parts[1].x.shape[1:]:
        raise DataError(
            "The images of the training and the test part must have one shape. "
            f"Received: {parts[0].x.shape[1:]} and {parts[1].x.shape[1:]}"
        )
    rest, validation = cut(parts[0].x, parts[0].y, fraction=0.1, seed=VALIDATION_SEED)
    spec = DataSpec(parts[0].x.shape[1:], len(class_names), tuple(class_names))
    return Splits(rest, validation, parts[1], spec)
