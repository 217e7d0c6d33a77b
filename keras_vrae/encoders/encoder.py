"""The contract of an inference network `q(z|x)`."""

from typing import Any, NamedTuple

import keras
from keras import ops

from keras_vrae.validation import check_batch_shape, check_int


class Posterior(NamedTuple):
    """The parameters of `q(z|x) = N(z_mean, diag(exp(z_log_var)))`, both of shape `(B, Z)`."""

    z_mean: Any
    z_log_var: Any


class Encoder(keras.layers.Layer):
    """Reads x and returns the `Posterior` of z.

    A subclass implements `features`, which turns a batch into one vector an example; two linear
    heads make the posterior of it. The heads are float32 under every dtype policy, and `z_log_var`
    is clipped to `[-20, 20]`, so that no finite features give an infinite variance or none.

    Args:
        latent_dim: number of latent dimensions, Z.
    """

    max_abs_log_var = 20.0

    def __init__(self, latent_dim, **kwargs):
        super().__init__(**kwargs)
        self.latent_dim = check_int("latent_dim", latent_dim)
        self.supports_masking = True
        self.z_mean_head = keras.layers.Dense(self.latent_dim, dtype="float32", name="z_mean")
        self.z_log_var_head = keras.layers.Dense(self.latent_dim, dtype="float32", name="z_log_var")

    def build(self, input_shape):
        self.event_shape = tuple(input_shape[1:])
        features_shape = self.build_features(input_shape)
        self.z_mean_head.build(features_shape)
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
        limit = self.max_abs_log_var
        return Posterior(
            z_mean=self.z_mean_head(features),
            z_log_var=ops.clip(self.z_log_var_head(features), -limit, limit),
        )

    def compute_mask(self, inputs, previous_mask=None):
        """The mask ends here: the posterior has no time axis."""
        return

    def get_config(self):
        return {**super().get_config(), "latent_dim": self.latent_dim}
