"""The reparameterization trick as a layer that owns its random state, and a gate for gradients."""

import contextlib

import keras
from keras import ops


class SavesSeed:
    """A layer that saves the state of its `seed_generator`, which Keras leaves out of its files."""

    def save_own_variables(self, store):
        super().save_own_variables(store)
        store["seed_state"] = ops.convert_to_numpy(self.seed_generator.state)

    def load_own_variables(self, store):
        if "seed_state" in store:
            self.seed_generator.state.assign(store["seed_state"])


@keras.saving.register_keras_serializable(package="keras_vrae")
class Sampling(SavesSeed, keras.layers.Layer):
    """Draws `z = z_mean + exp(z_log_var / 2) * eps` with `eps ~ N(0, I)`.

    The state of the random generator is saved with the model, so that training which is saved and
    continued draws the very noise that uninterrupted training draws.

    Args:
        seed: whole number, or None for one drawn by Keras (`keras.utils.set_random_seed` fixes it).

    Reference:
        Kingma and Welling, 2013, arXiv 1312.6114, section 2.4.
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, z_mean, z_log_var, num_samples=1, seed=None):
        """Draws z.

        Args:
            z_mean, z_log_var: parameters of `q(z|x)`, `(B, Z)`.
            num_samples: draws for each row, K.
            seed: a `keras.random.SeedGenerator` to use in place of the layer's own.

        Returns:
            Tensor of shape `(K, B, Z)`.
        """
        shape = (num_samples, *ops.shape(z_mean))
        noise = keras.random.normal(shape, dtype=z_mean.dtype, seed=seed or self.seed_generator)
        return z_mean + ops.exp(0.5 * z_log_var) * noise

    @contextlib.contextmanager
    def seeded(self, seed):
        """Within the block the layer draws what `seed` gives; after it, as if nothing had been."""
        state = self.seed_generator.state
        before = ops.convert_to_numpy(state)
        state.assign(keras.random.SeedGenerator(seed).state)
        try:
            yield self.seed_generator
        finally:
            state.assign(before)

    def get_config(self):
        return {**super().get_config(), "seed": self.seed}


class GradientGate:
    """Lets z through unchanged, and multiplies the gradient that comes back by a factor.

    The factor may depend on what is computed from z: it is read when the gradient is taken.

    Attributes:
        factor: tensor of shape `(K, B)` for z of shape `(K, B, Z)`; to be set before the gradient
            is taken.
    """

    def __init__(self):
        self.factor = None

    def __call__(self, z):
        @ops.custom_gradient
        def gate(z):
            def gradient(upstream):
                return upstream * ops.expand_dims(self.factor, axis=-1)

            return z, gradient

        return gate(z)
