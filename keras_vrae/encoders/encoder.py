"""The contract of an inference network `q(z|x)`."""

import math
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_vrae.validation import check_batch_shape, check_float, check_int


class Posterior(NamedTuple):
    """The parameters of `q(z|x) = N(z_mean, diag(exp(z_log_var)))`, both of shape `(B, Z)`."""

    z_mean: Any
    z_log_var: Any


class Encoder(keras.layers.Layer):
    """Reads x and returns the `Posterior` of z.

    A subclass implements `features`, which turns a batch into one vector an example; two linear
    heads make the posterior of it. The heads are float32 under every dtype policy, and `z_log_var`
    is clipped to `[-20, 20]`, so that no finite features give an infinite variance or none.

    With a `fixed_scale` the noise is the same everywhere, and with bounded means an example can
    then tell no more than about a bit a dimension: what hash codes ask for.

    Args:
        latent_dim: number of latent dimensions, Z.
        bounded: whether the means lie between -1 and 1, by tanh.
        fixed_scale: standard deviation of every dimension of q(z|x); learned when None.
        balance: weight of a penalty in training, the squared mean of tanh of each dimension's
            linear head over a batch, summed over dimensions. It draws the means of each dimension
            to both sides of zero.

    Attributes:
        reads_sparse: whether x may be a `tf.SparseTensor`.
    """

    reads_sparse = False
    max_abs_log_var = 20.0

    def __init__(self, latent_dim, bounded=False, fixed_scale=None, balance=0.0, **kwargs):
        super().__init__(**kwargs)
        self.latent_dim = check_int("latent_dim", latent_dim)
        self.bounded = bool(bounded)
        if fixed_scale is not None:
            fixed_scale = check_float("fixed_scale", fixed_scale, above=True)
        self.fixed_scale, self.balance = fixed_scale, check_float("balance", balance)
        self.supports_masking = True
        self.z_mean_head = keras.layers.Dense(self.latent_dim, dtype="float32", name="z_mean")
        if fixed_scale is None:
            self.z_log_var_head = keras.layers.Dense(
                self.latent_dim, dtype="float32", name="z_log_var"
            )

    def build(self, input_shape):
        self.event_shape = tuple(input_shape[1:])
        features_shape = self.build_features(input_shape)
        self.z_mean_head.build(features_shape)
        if self.fixed_scale is None:
            self.z_log_var_head.build(features_shape)
        self.built = True

    def build_features(self, input_shape):
        """Builds what `features` uses and returns the shape of what it returns, `(B, H)`."""
        raise NotImplementedError

    def features(self, x, mask=None, training=False):
        """One vector an example: `(B, ...)` becomes `(B, H)`."""
        raise NotImplementedError

    def call(self, x, mask=None, training=False):
        """Returns `Posterior(z_mean, z_log_var)`.

        Args:
            x: `(B, ...)`, in the shape the encoder was built for.
            mask: booleans `(B, T)`, False at time steps to leave out, or None.
            training: whether dropout is on.
        """
        check_batch_shape("x", x.shape, self.event_shape)
        features = self.features(x, mask=mask, training=training)
        z_mean = self.z_mean_head(features)
        if self.balance and training:
            mean_sides = ops.mean(ops.tanh(z_mean), axis=0)
            self.add_loss(self.balance * ops.sum(ops.square(mean_sides)))
        if self.bounded:
            z_mean = ops.tanh(z_mean)
        if self.fixed_scale is not None:
            return Posterior(z_mean, ops.full_like(z_mean, 2.0 * math.log(self.fixed_scale)))
        limit = self.max_abs_log_var
        return Posterior(z_mean, ops.clip(self.z_log_var_head(features), -limit, limit))

    def without_masked(self, x, mask):
        """x with zeros for the time steps that a mask leaves out."""
        if mask is None:
            return x
        mask = ops.reshape(mask, (*ops.shape(mask), *[1] * (x.ndim - 2)))
        return ops.where(mask, x, ops.zeros_like(x))

    def compute_mask(self, inputs, previous_mask=None):
        """The mask ends here: the posterior has no time axis."""
        return

    def get_config(self):
        return {
            **super().get_config(),
            "latent_dim": self.latent_dim,
            "bounded": self.bounded,
            "fixed_scale": self.fixed_scale,
            "balance": self.balance,
        }
