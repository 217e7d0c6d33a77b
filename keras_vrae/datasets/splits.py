"""What a loader returns, and how the validation part is cut off."""

from typing import NamedTuple

import numpy as np

from keras_vrae.validation import DataError

VALIDATION_SEED = 0
SMALLEST_PART = 10


class Split(NamedTuple):
    """Examples of one part of a data set.

    Attributes:
        x: values, shape `(N, ...)`, float32 between 0 and 1 for images.
        y: class numbers, shape `(N,)`, int64.
    """

    x: np.ndarray
    y: np.ndarray

    @property
    def size(self):
        """Number of examples."""
        return len(self.x)


class DataSpec(NamedTuple):
    """What a model has to know of a data set.

    Attributes:
        event_shape: shape of one example.
        num_classes: number of classes.
        class_names: what to call them, in the order of their numbers.
    """

    event_shape: tuple
    num_classes: int
    class_names: tuple


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
    rest, validation = cut(*parts[0], fraction=0.1, seed=VALIDATION_SEED)
    spec = DataSpec(parts[0].x.shape[1:], len(class_names), tuple(class_names))
    return Splits(rest, validation, parts[1], spec)
