"""Parts of a data set and their description, which every loader returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from keras_vrae.types import Shape

if TYPE_CHECKING:
    from keras_vrae.datasets.text import TextData

VALIDATION_SEED = 0
SMALLEST_PART = 10


class Split(NamedTuple):
    """Examples of one part of a data set.

    Attributes:
        x: values, shape `(N, ...)`: float32 between 0 and 1 for images, float64 for series that
            are to be standardized from a file of float64, a sparse matrix of SciPy for counts of
            terms.
        y: class numbers, shape `(N,)`, int64; -1 for an example without a label.
        lengths: number of valid time steps of each example, `(N,)`, or None if all are valid.
        targets: the number that a regression is to predict of each example, `(N,)`, NaN for none;
            or None. A VAE does not use it.
    """

    x: np.ndarray
    y: np.ndarray | Any
    lengths: np.ndarray | None = None
    targets: np.ndarray | None = None

    @property
    def inputs(self) -> Any:
        """Examples as a model takes them: x, or a dict of x and lengths."""
        return self.x if self.lengths is None else {"x": self.x, "lengths": self.lengths}

    @property
    def values(self) -> np.ndarray:
        """All valid values, in the shape `(..., D)` of the last axis."""
        if self.lengths is None:
            return self.x
        return self.x[np.arange(self.x.shape[1]) < self.lengths[:, np.newaxis]]

    @property
    def deviation(self) -> float:
        """Standard deviation of all valid values."""
        return float(self.values.std())

    def sample(self) -> Split:
        """Returns the part itself; a part in shards returns as much as fits into memory."""
        return self

    def in_memory(self) -> Split:
        """Returns the part itself; a part in shards returns all of its examples."""
        return self

    def rows(self, rows: slice | np.ndarray) -> Split:
        """Returns a `Split` of some of the examples."""
        lengths = None if self.lengths is None else self.lengths[rows]
        targets = None if self.targets is None else self.targets[rows]
        return Split(self.x[rows], self.y[rows], lengths, targets)

    @property
    def size(self) -> int:
        """Number of examples."""
        return self.x.shape[0]


class DataSpec(NamedTuple):
    """Description of a data set, which a model is built from.

    Attributes:
        event_shape: shape of one example; begins with None if the batches of a model are to be as
            long as their longest sequence.
        num_classes: number of classes.
        class_names: names of the classes in the order of their numbers.
        kind: kind of the examples, by which they are drawn: `"image"`, `"series"`, `"roll"`,
            `"tokens"` or `"text"`.
        standardization: `mean` and `scale` of each channel of the training part, a dict, or None.
        notes: further facts to keep with a run, a dict for JSON, or None.
        text: the `keras_vrae.datasets.text.TextData` of documents; None for other data.
        num_categories: number of categories of tokens, V; None for other data.
    """

    event_shape: Shape
    num_classes: int
    class_names: tuple[str, ...]
    kind: str = "image"
    standardization: dict[str, Any] | None = None
    notes: dict[str, Any] | None = None
    text: TextData | Any = None
    num_categories: int | None = None


class Splits(NamedTuple):
    """The three parts of a data set and their description; metrics come from `test` only."""

    train: Split
    validation: Split
    test: Split
    spec: DataSpec


def draw_rows(count: int, fraction: float, seed: int, fewest: int = 0) -> np.ndarray:
    """Draws a fraction of so many rows, rounded: booleans `(count,)`, the same for one seed."""
    order = np.random.default_rng(seed).permutation(count)
    drawn = np.zeros(count, bool)
    drawn[order[: max(fewest, round(fraction * count))]] = True
    return drawn


def cut(x: np.ndarray, y: np.ndarray, fraction: float, seed: int) -> tuple[Split, Split]:
    """Cuts off a random part, the same one for the same seed.

    Returns:
        `(rest, part)`, two `Split`s in the order of the source; the part has `fraction` of the
        examples, rounded.
    """
    drawn = draw_rows(len(x), fraction, seed)
    return Split(x[~drawn], y[~drawn]), Split(x[drawn], y[drawn])
