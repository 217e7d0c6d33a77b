"""The matrix products of a model: how much arithmetic they are, and how fast they are alone.

Counted is what the mathematics asks for, whatever a program does: the gradient of the data is not
needed, and neither is the product of a recurrent network's first state, which is zero. Activations,
gates, noise, the likelihood and Adam are not counted. This file is a contender too, the limit of
all others: `make` does the products of a training step and nothing else.
"""

import itertools
import math
from typing import NamedTuple

import numpy as np

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
        """Number of multiplications and additions."""
        return 2 * self.rows * self.inner * self.columns * self.count


def dense_products(batch, inputs, outputs, first=False):
    """Returns the products of a dense layer, forward and backward; `first` needs no gradient."""
    forward = Product(batch, inputs, outputs)
    backward = [Product(inputs, batch, outputs)]
    if not first:
        backward.append(Product(batch, outputs, inputs))
    return [forward], backward


def recurrent_products(batch, steps, features, units, gates):
    """Returns the products of a recurrent layer whose input is the data, forward and backward.

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
    """Returns the products of one batch.

    Args:
        encoder: `"dense"`, `"lstm"` or `"gru"`.
        event_shape: shape of one example.
        batch, units, latent_dim: sizes B, H (of every hidden layer) and Z.

    Returns:
        Lists of `Product`, of the encoder's forward pass and of a whole training step.
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
    """Returns the multiplications and additions of the products of one training example."""
    _, training = model_products(encoder, event_shape, 1, units, latent_dim)
    return sum(product.flops for product in training)


def make(task, variant):
    """Returns the turns of `harness.Contender`.

    `variant` is `"tensorflow"`, its products as they are, or `"side-by-side"`, the same on one
    thread each, with as many at a time as there are cores.
    """
    import tensorflow as tf

    if variant == "side-by-side":
        from benchmarks.harness import cores

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(cores())
    x = np.load(task.images)
    _, products = model_products(task.encoder, x.shape[1:], task.batch_size, task.hidden_units)
    # Each product has a left side of its own, so that none is the repetition of another.
    calls = [
        (tf.random.normal((rows, inner)), right)
        for rows, inner, columns, count in products
        for right in [tf.random.normal((inner, columns))]
        for _ in range(count)
    ]

    @tf.function
    def step():
        return tf.add_n([tf.matmul(left, right)[0, 0] for left, right in calls])

    def train():
        for _ in range(task.epochs * (len(x) // task.batch_size)):
            step().numpy()

    return {"train": train}
