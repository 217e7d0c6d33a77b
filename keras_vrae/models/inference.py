"""What a trained model is used for: whole NumPy arrays in and out, each function compiled once."""

import keras
import numpy as np
from keras import ops

from keras_vrae import sequences
from keras_vrae.backend.tensorflow.functions import over_batches
from keras_vrae.models.data_checks import check_examples
from keras_vrae.validation import SettingError, check_float, check_int, complaint

TOGETHER = 16  # Small batches in a call, where nothing is drawn.


class Inference:
    """The methods of a `VAE` that take and return whole arrays.

    Examples are an array `(N, ...)`, or sequences of unequal length as `VAE` takes them.
    """

    def encode(self, x, batch_size=512):
        """The approximate posterior of each example.

        Args:
            x: examples, `(N, ...)`.
            batch_size: examples to work on at a time.

        Returns:
            `Posterior(z_mean, z_log_var)`, two NumPy arrays of shape `(N, Z)`.
        """
        return self._over_examples("encode", self.posterior, x, batch_size, together=TOGETHER)

    def decode(self, z, batch_size=512, length=None):
        """The mean of `p(x|z)` for each row of z: `(N, Z)` becomes `(N, ...)`, a NumPy array.

        Args:
            z: codes, `(N, Z)`.
            batch_size: codes to work on at a time.
            length: time steps of each sequence, where the model leaves that open.
        """
        z = np.asarray(z, "float32")
        if z.ndim != 2 or z.shape[1] != self.latent_dim or not len(z):
            expected = f"of shape (examples, {self.latent_dim})"
            raise SettingError(complaint("z", expected, z.shape, of=".shape"))
        length = self._check_length(length)
        return self._over_codes(
            ("decode", length), lambda z: self.mean(z, steps=length), z, batch_size, TOGETHER
        )

    def reconstruct(self, x, batch_size=512):
        """The mean of `p(x|z)` at the posterior mean of each example, a NumPy array like x.

        Of padded sequences it is the array, with zeros for padding.
        """
        return self._over_examples("reconstruct", self.call, x, batch_size, together=TOGETHER)

    def generate(self, num_samples, seed=None, draw=False, length=None, temperature=1.0):
        """New examples: `z ~ p(z)`, then the mean of `p(x|z)`.

        Args:
            num_samples: how many.
            seed: whole number that makes the call repeatable, or None.
            draw: whether to draw x from `p(x|z)` in place of taking its mean. A decoder that reads
                x reads what was drawn.
            length: time steps of each sequence, where the model leaves that open, or allows other
                lengths than its own.
            temperature: of the draws; below 1 they are nearer to the mean, above 1 more varied.

        Returns:
            NumPy array of shape `(num_samples, ...)`.
        """
        num_samples = check_int("num_samples", num_samples)
        temperature = self._check_temperature(temperature, draw)
        length = self._check_length(length)
        with self.sampling.seeded(seed) as seeds:
            shape = (num_samples, self.latent_dim)
            z = ops.convert_to_numpy(keras.random.normal(shape, seed=seeds))
            if not draw:
                return self.decode(z, length=length)
            read = self._drawing(temperature)

            def draw_x(z):
                sequential = self.decoder.sequential
                x = self.decoder.run(z, length, read)[1] if sequential else read(self.decoder(z))
                return self.in_units_of_data(x)

            return self._over_codes(("draw", length, temperature), draw_x, z, 512)

    def complete(self, x, length, num_samples=1, seed=None, draw=True, temperature=1.0):
        """Continues sequences: `z ~ q(z|prefix)`, then the steps that follow from `p(x|z)`.

        Args:
            x: the first steps of each sequence, `(N, P, ...)` or padded sequences.
            length: steps of the whole sequences, T.
            num_samples: continuations of each.
            seed: whole number that makes the call repeatable, or None.
            draw: whether the steps are drawn, or the mean at each step.
            temperature: of the draws.

        Returns:
            NumPy array `(N, num_samples, T, ...)`, each of which begins with its prefix.

        Raises:
            SettingError: for a model without a recurrent decoder, and a prefix longer than T.
        """
        if not self.decoder.sequential:
            expected = "recurrent to continue a sequence"
            raise SettingError(complaint("decoder", expected, type(self.decoder).__name__))
        x = sequences.as_inputs(x, (None, *self.event_shape[1:]))
        if not sequences.is_padded(x):
            x = np.asarray(x)
            x = {"x": x, "lengths": np.full(len(x), x.shape[1] if x.ndim > 1 else 0)}
        num_samples = check_int("num_samples", num_samples)
        temperature = self._check_temperature(temperature, draw)
        longest = np.shape(x["x"])[1] if np.ndim(x["x"]) > 1 else 1
        length = self._check_length(check_int("length", length, minimum=longest))
        read = self._drawing(temperature) if draw else self.likelihood

        def continue_batch(batch):
            prefix, mask = sequences.read(batch)
            prefix = self.standardize(prefix, mask)
            z = self.sampling(*self.encoder(prefix, mask=mask), num_samples=num_samples)
            found = self.decoder.run(z, length, read, prefix, batch["lengths"])[1]
            return ops.swapaxes(self.in_units_of_data(found), 0, 1)

        name = ("complete", length, num_samples, draw, temperature)
        with self.sampling.seeded(seed):
            return self._over_examples(name, continue_batch, x, 128, any_length=True)

    def mean(self, z, steps=None):
        """The mean of `p(x|z)` for each row of z."""
        return self.in_units_of_data(self.likelihood(self.parameters(z, steps=steps)))

    def _drawing(self, temperature):
        """Draws from the likelihood, with the noise of `sampling`."""
        options = {} if temperature == 1.0 else {"temperature": temperature}
        seeds = self.sampling.seed_generator
        return lambda parameters: self.likelihood.sample(parameters, seed=seeds, **options)

    def _check_temperature(self, temperature, draw):
        if not draw and temperature != 1.0:
            raise SettingError(complaint("temperature", "1.0 without draw=True", temperature))
        return check_float("temperature", temperature, above=True)

    def _check_length(self, length):
        fixed = self.decoder.event_shape[0]
        if length is None and fixed is None:
            expected = "given, as this model makes sequences of any length"
            raise SettingError(complaint("length", expected, length))
        if length is None or length == fixed:
            return fixed
        if not self.decoder.sequential:
            expected = f"left out, as this decoder makes examples of shape {self.event_shape}"
            raise SettingError(complaint("length", expected, length))
        return check_int("length", length)

    def _over_examples(self, name, function, x, batch_size, any_length=False, together=1):
        x, shape = sequences.as_inputs(x, self.event_shape), self.event_shape
        # A recurrent network that was made for sequences of one length reads a shorter one too.
        shape = (None, *shape[1:]) if any_length else shape
        check_examples(x, shape, self.likelihood)
        row_shape = sequences.row_shapes(x, shape)
        return self._over_batches(name, function, x, batch_size, row_shape, together)

    def _over_codes(self, name, function, z, batch_size, together=1):
        return self._over_batches(name, function, z, batch_size, (self.latent_dim,), together)

    def _over_batches(self, name, function, inputs, batch_size, row_shape, together):
        """Applies `function` to rows in batches; compiles it the first time it is named."""
        key = str((name, row_shape))
        if key not in self._compiled:
            self._compiled[key] = over_batches(function, row_shape, together)
        return self._compiled[key](inputs, batch_size)
