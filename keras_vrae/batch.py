"""One batch of examples, as every part of a model takes it."""

from typing import NamedTuple

from keras_vrae.types import Tensor

NO_LABEL = -1  # The class number of an example without a label.


class Batch(NamedTuple):
    """One batch, made once where data enter a step: `model.batch_of(data)`.

    Attributes:
        x: the examples that the encoder reads, float32 `(B, ...)` in the units of the networks,
            with zeros at steps that the mask leaves out; a sparse tensor if the encoder reads one.
        mask: booleans `(B, T)`, True at valid steps, or None if all of them are valid.
        target: the values whose likelihood the bound is about, those of x unless the data give
            others.
        y: labels, `NO_LABEL` for an example without one; or None.
        weight: float32 `(B,)`, the weight of each example in the loss, or None.
    """

    x: Tensor
    mask: Tensor | None = None
    target: Tensor | None = None
    y: Tensor | None = None
    weight: Tensor | None = None
