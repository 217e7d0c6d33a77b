"""The reparameterization trick as a layer that owns its random state, and a gate for gradients."""

import contextlib
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any

import keras
from keras import ops

from keras_vrae import backend
from keras_vrae.types import Shape, Tensor


class SavesSeed(keras.layers.Layer):
    """A layer that saves the state of its `seed_generator`, which Keras leaves out of its files."""

    def save_own_variables(self, store: MutableMapping[str, Any]) -> None:
        super().save_own_variables(store)
        store["seed_state"] = ops.convert_to_numpy(self.seed_generator.state)

    def load_own_variables(self, store: Mapping[str, Any]) -> None:
        if "seed_state" in store.keys():  # noqa: SIM118  (Keras 3.8 gives a store without `in`)
            self.seed_generator.state.assign(store["seed_state"])


@keras.saving.register_keras_serializable(package="keras_vrae")
class Sampling(SavesSeed):
    """Draws `z = z_mean + exp(z_log_var / 2) * eps` with `eps ~ N(0, I)`.

    The state of the random generator is saved with the model, so that training which is saved and
    continued draws the same noise as uninterrupted training.

    Args:
        seed: whole number, or None for one drawn by Keras (`keras.utils.set_random_seed` fixes it).

    Reference:
        Kingma and Welling, 2013, arXiv 1312.6114, section 2.4.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape: Shape | Sequence[Shape]) -> None:
        self.built = True

    def call(
        self,
        posterior: tuple[Tensor, Tensor],
        num_samples: int = 1,
        noise: Tensor | keras.random.SeedGenerator | None = None,
    ) -> Tensor:
        """Draws z.

        Args:
            posterior: `Posterior(z_mean, z_log_var)`, tensors `(B, Z)`.
            num_samples: draws for each row, K.
            noise: standard normal values `(K, B, Z)`; or a `keras.random.SeedGenerator` to draw
                them from; or None, for the layer's own generator.

        Returns:
            Tensor `(K, B, Z)`.
        """
        z_mean, z_log_var = posterior
        if noise is None or isinstance(noise, keras.random.SeedGenerator):
            shape = (num_samples, *ops.shape(z_mean))
            noise = keras.random.normal(
                shape, dtype=z_mean.dtype, seed=noise or self.seed_generator
            )
        return z_mean + ops.exp(0.5 * z_log_var) * noise

    @property
    def output_shape(self) -> tuple[None, None, None]:
        """Shape of the draws for a batch, for the summary of a model."""
        return (None, None, None)

    @contextlib.contextmanager
    def seeded(self, seed: int | None) -> Iterator[keras.random.SeedGenerator]:
        """Makes the layer draw from `seed` within the block, and restores its state after it."""
        state = self.seed_generator.state
        before = ops.convert_to_numpy(state)
        state.assign(keras.random.SeedGenerator(seed).state)
        try:
            yield self.seed_generator
        finally:
            state.assign(before)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}


class GradientGate:
    """An identity on z that multiplies the gradient which comes back by a factor.

    The factor may depend on values that are computed from z. Two arrays of zeros leave the gate
    with z; added to the loss, they bring the factor back with the gradient.
    """

    def __call__(self, z: Tensor) -> Tensor:
        """Returns z `(K, B, Z)`, whose gradient passes the gate."""
        nothing = ops.zeros_like(z[..., 0])

        @backend.custom_gradient
        def gate(z, ones, factors):
            def gradient(by_z, by_ones, by_factors):
                # The weight of an example in the loss is in both. If it is 0, so is the gradient.
                unused = ops.equal(by_ones, 0.0)
                factor = by_factors / ops.where(unused, 1.0, by_ones)
                factor = ops.where(unused, 1.0, factor)
                return by_z * ops.expand_dims(factor, axis=-1), by_ones, by_factors

            return (z, ones, factors), gradient

        z, self._ones, self._factors = gate(z, nothing, nothing)
        return z

    def multiply(self, factor: Tensor) -> Tensor:
        """Sets the factor `(K, B)`. Add the result, zeros of shape `(B,)`, to the loss."""
        return ops.sum(self._ones + self._factors * ops.stop_gradient(factor), axis=0)
