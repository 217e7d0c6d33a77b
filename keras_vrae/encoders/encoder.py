"""The contract of an inference network `q(z|x)`."""

import math
from typing import Any, NamedTuple, NoReturn

import keras
from keras import ops

from keras_vrae.likelihoods import Likelihood
from keras_vrae.numerics import gaussian_log_prob
from keras_vrae.types import Shape, Tensor
from keras_vrae.validation import SettingError, check_batch_shape, check_float, check_int


class Posterior(NamedTuple):
    """The approximate posterior `q(z|x) = N(z_mean, diag(exp(z_log_var)))` of B examples.

    Attributes:
        z_mean: means, `(B, Z)`.
        z_log_var: logarithms of the variances, `(B, Z)`.
    """

    z_mean: Tensor
    z_log_var: Tensor

    def log_prob(self, z: Tensor) -> Tensor:
        """`log q(z|x)` in nats: `(K, B, Z)` becomes `(K, B)`."""
        return ops.sum(self.log_prob_per_dimension(z), axis=-1)

    def log_prob_per_dimension(self, z: Tensor) -> Tensor:
        """`log q(z_j|x)` of each dimension in nats, in the shape of z."""
        return gaussian_log_prob(z, self.z_mean, 0.5 * self.z_log_var)

    def without_gradient(self) -> "Posterior":
        """The same posterior, through which no gradient flows."""
        return Posterior(*map(ops.stop_gradient, self))


class Encoder(keras.layers.Layer):
    """An inference network: reads x and returns the `Posterior` of z.

    A subclass implements `features`, which turns a batch into one vector per example, and
    `build_features`; two linear heads make the posterior of the vector. (A subclass with another
    posterior implements `build` and `call`.) The heads are float32 under every dtype policy, and
    `z_log_var` is clipped to `[-20, 20]`, so that finite features never give an infinite or a zero
    variance.

    With a `fixed_scale` the noise is the same everywhere, and with bounded means an example can
    then carry about one bit per dimension at most: what hash codes need.

    Args:
        latent_dim: number of latent dimensions, Z.
        bounded: whether the means lie between -1 and 1, by tanh.
        fixed_scale: standard deviation of every dimension of q(z|x); learned if None.
        balance: weight of a penalty in training, the squared mean of tanh of each dimension's
            linear head over a batch, summed over dimensions. It draws the means of each dimension
            to both sides of zero.

    Attributes:
        reads_sparse: whether x may be a sparse tensor.
        is_light: whether a training step takes so little time that the call to the backend shows.
        reads_vectors: whether an example may be a vector of features; otherwise its first axis is
            time.

    Example:
        >>> @keras.saving.register_keras_serializable(package="docs")
        ... class ConvolutionalEncoder(keras_vrae.Encoder):
        ...     '''Reads sequences by a convolution over time.'''
        ...
        ...     def __init__(self, latent_dim, filters=8, **kwargs):
        ...         super().__init__(latent_dim, **kwargs)
        ...         self.filters = filters
        ...         self.convolution = keras.layers.Conv1D(filters, 3, 2, "same", activation="relu")
        ...         self.pool = keras.layers.GlobalAveragePooling1D()
        ...
        ...     def build_features(self, input_shape):
        ...         self.convolution.build(input_shape)
        ...         self.pool.build(self.convolution.compute_output_shape(input_shape))
        ...         return (None, self.filters)
        ...
        ...     def features(self, x, mask=None, training=False):
        ...         return self.pool(self.convolution(self.without_masked(x, mask)))
        ...
        ...     def get_config(self):
        ...         return {**super().get_config(), "filters": self.filters}
        >>> vae = keras_vrae.build(ConvolutionalEncoder(2), (8, 3), hidden_units=8)
        >>> vae.encode(np.zeros((5, 8, 3))).z_mean.shape
        (5, 2)
    """

    reads_sparse = False
    is_light = False
    reads_vectors = False
    max_abs_log_var = 20.0

    def __init__(
        self,
        latent_dim: int,
        bounded: bool = False,
        fixed_scale: float | None = None,
        balance: float = 0.0,
        **kwargs: Any,
    ) -> None:
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

    def connect(self, likelihood: Likelihood) -> None:
        """Takes what an encoder needs to know of the values of x, before it is built."""

    def build(self, input_shape: Shape) -> None:
        self.event_shape = tuple(input_shape[1:])
        features_shape = self.build_features(input_shape)
        self.z_mean_head.build(features_shape)
        if self.fixed_scale is None:
            self.z_log_var_head.build(features_shape)
        self.built = True

    def build_features(self, input_shape: Shape) -> Shape:
        """Builds the layers that `features` uses, and returns the shape of its result, `(B, H)`."""
        raise NotImplementedError

    def features(self, x: Tensor, mask: Tensor | None = None, training: bool = False) -> Tensor:
        """One vector per example: `(B, ...)` becomes `(B, H)`."""
        raise NotImplementedError

    def call(self, x: Tensor, mask: Tensor | None = None, training: bool = False) -> Posterior:
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

    def without_masked(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """x with zeros for the time steps that a mask leaves out."""
        if mask is None:
            return x
        mask = ops.reshape(mask, (*ops.shape(mask), *[1] * (x.ndim - 2)))
        return ops.where(mask, x, ops.zeros_like(x))

    def predict(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises an error that names the method of the model which does this."""
        expected = "called as vae.encode(x), which takes and gives whole arrays, batch by batch"
        raise SettingError(f"`encoder.predict` must be {expected}. Received: encoder.predict(...)")

    @property
    def output_shape(self) -> tuple[None, int]:
        """Shape of the means, for the summary of a model."""
        return (None, self.latent_dim)

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None = None) -> None:
        """The mask ends here: the posterior has no time axis."""
        return

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "latent_dim": self.latent_dim,
            "bounded": self.bounded,
            "fixed_scale": self.fixed_scale,
            "balance": self.balance,
        }
