"""The matrix products of a model: their shapes and number, and so how much arithmetic it is.

Counted is what the mathematics asks for, whatever a program does: the gradient of the data is not
needed, and neither is the product of a recurrent network's first state, which is zero. What is no
matrix product (activations, gates, noise, the likelihood, Adam) is not counted.
"""

import itertools
import math
from typing import NamedTuple

GATES = {"lstm": 4, "gru": 3}
HIDDEN_LAYERS = 2  # Of the dense encoder and of the decoder.


class Product(NamedTuple):
    """`count` products of a `(rows, inner)` with an `(inner, columns)` matrix."""

    rows: int
    inner: int
    columns: int
    count: int = 1

    @property
    def flops(self):
        """Multiplications and additions."""
        return 2 * self.rows * self.inner * self.columns * self.count


def dense_products(batch, inputs, outputs, first=False):
    """Forward and backward products of a dense layer; a first layer's input has no gradient."""
    forward = Product(batch, inputs, outputs)
    backward = [Product(inputs, batch, outputs)]
    if not first:
        backward.append(Product(batch, outputs, inputs))
    return [forward], backward


def recurrent_products(batch, steps, features, units, gates):
    """Forward and backward products of a recurrent layer whose input is the data.

    The input is projected for all time steps at once; so are the gradients of both weights formed.
    """
    width, later = gates * units, steps - 1
    forward = [Product(steps * batch, features, width), Product(batch, units, width, later)]
    backward = [
        Product(features, steps * batch, width),
        Product(units, later * batch, width),
        Product(batch, width, units, later),
    ]
    return forward, backward


def model_products(encoder, event_shape, batch, units=500, latent_dim=2):
    """The products of one batch.

    Args:
        encoder: `"dense"`, `"lstm"` or `"gru"`.
        event_shape: shape of one example.
        batch: examples in a batch, B.
        units: units of every hidden layer, H.
        latent_dim: number of latent dimensions, Z.

    Returns:
        `(encoding, training)`, two lists of `Product`: of the encoder's forward pass, and of a
        whole training step.
    """
    values = math.prod(event_shape)
    if encoder == "dense":
        sizes = [values, *[units] * HIDDEN_LAYERS]
        layers = [
            dense_products(batch, *pair, first=not index)
            for index, pair in enumerate(itertools.pairwise(sizes))
        ]
    else:
        steps, features = event_shape[0], math.prod(event_shape[1:])
        layers = [recurrent_products(batch, steps, features, units, GATES[encoder])]
    layers += [dense_products(batch, units, latent_dim)] * 2
    encoding = [product for forward, _ in layers for product in forward]
    sizes = [latent_dim, *[units] * HIDDEN_LAYERS, values]
    layers += [dense_products(batch, *pair) for pair in itertools.pairwise(sizes)]
    return encoding, [product for parts in layers for part in parts for product in part]


def training_flops(encoder, event_shape, units=500, latent_dim=2):
    """Multiplications and additions of the matrix products of one training example."""
    _, training = model_products(encoder, event_shape, 1, units, latent_dim)
    return sum(product.flops for product in training)
