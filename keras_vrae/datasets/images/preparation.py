"""Images as the parts of a data set: scaled, checked, and a validation part cut off."""

from collections.abc import Sequence

import numpy as np

from keras_vrae.datasets.splits import SMALLEST_PART, VALIDATION_SEED, DataSpec, Split, Splits, cut
from keras_vrae.validation import DataError

LARGEST_VALUES = {np.dtype(name): float(np.iinfo(name).max) for name in ("uint8", "uint16")}


def make_splits(
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    class_names: Sequence[str],
) -> Splits:
    """Makes `Splits` of grey or colour images; a tenth of the training part is for validation.

    Args:
        train, test: pairs `(images, labels)`; images `(N, H, W)` or `(N, H, W, C)` of uint8 or
            uint16, whose whole range becomes that from 0 to 1.
        class_names: names of the classes.

    Raises:
        DataError: for values of another type, or labels or shapes of the two parts that do not fit
            each other.
    """
    parts = []
    for name, (images, labels) in {"train": train, "test": test}.items():
        if len(images) != len(labels) or len(images) < SMALLEST_PART:
            raise DataError(
                f"The {name} part must have {SMALLEST_PART} or more images and a label for each. "
                f"Received: {len(images)} images and {len(labels)} labels"
            )
        if images.dtype not in LARGEST_VALUES:
            raise DataError(
                f"The images of the {name} part must be of uint8 or uint16. "
                f"Received: {images.dtype}"
            )
        if images.ndim == 4 and images.shape[-1] == 1:
            images = images[..., 0]
        if labels.min() < 0 or labels.max() >= len(class_names):
            raise DataError(
                f"The labels of the {name} part must be from 0 to {len(class_names) - 1}. "
                f"Received: labels from {labels.min()} to {labels.max()}"
            )
        scaled = images.astype("float32") / LARGEST_VALUES[images.dtype]
        parts.append(Split(scaled, labels.astype("int64")))
    if parts[0].x.shape[1:] != parts[1].x.shape[1:]:
        raise DataError(
            "The images of the training and the test part must have one shape. "
            f"Received: {parts[0].x.shape[1:]} and {parts[1].x.shape[1:]}"
        )
    rest, validation = cut(parts[0].x, parts[0].y, fraction=0.1, seed=VALIDATION_SEED)
    spec = DataSpec(parts[0].x.shape[1:], len(class_names), tuple(class_names))
    return Splits(rest, validation, parts[1], spec)
