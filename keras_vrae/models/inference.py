"""The uses of a trained model: whole NumPy arrays in and out, each function compiled once."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import numpy as np
from keras import ops, tree
from numpy.typing import ArrayLike

from keras_vrae import backend, sequences
from keras_vrae.batch import Batch
from keras_vrae.encoders import Posterior
from keras_vrae.layers import Sampling, TextVectorizer
from keras_vrae.models.checks import check_examples
from keras_vrae.models.hashing import MedianBinarizer
from keras_vrae.models.trainable import TrainableModel
from keras_vrae.priors import Prior
from keras_vrae.types import Examples, Shape
from keras_vrae.validation import SettingError, check_float, check_int, complaint

TOGETHER = 16  # Small batches in a call, if nothing is drawn.


class Inference(TrainableModel):
    """The methods of a `VAE` that take and return whole arrays.

    Examples are an array `(N, ...)`, a DataFrame, or sequences of unequal length as `VAE` takes
    them, or batches of them: a `tf.data.Dataset`, a `keras.utils.PyDataset` or a generator, with or
    without labels.
    """

    prior: Prior
    sampling: Sampling
    vectorizer: TextVectorizer | Any  # None without one, and so is the binarizer.
    binarizer: MedianBinarizer | Any

    @property
    def latent_dim(self) -> int:
        """Number of latent dimensions, Z."""
        return self.encoder.latent_dim

    @property
    def shared_dim(self) -> int:
        """Number of latent dimensions, the first ones, that labels see."""
        return self.latent_dim

    @property
    def event_shape(self) -> Shape:
        """Shape of one example."""
        return self.decoder.event_shape

    def encode(self, x: Examples, batch_size: int = 512) -> Posterior:
        """The approximate posterior of each example.

        Args:
            x: examples, `(N, ...)`.
            batch_size: examples to work on at a time.

        Returns:
            `Posterior(z_mean, z_log_var)`, two NumPy arrays of shape `(N, Z)`.
        """
        return self.over_examples(self.posterior, x, batch_size, "encode", TOGETHER)

    def posterior(self, batch: Batch, training: bool = False) -> Posterior:
        """`q(z|x)` of a `Batch`, a `Posterior` of tensors `(B, Z)`."""
        return self.encoder(batch.x, mask=batch.mask, training=training)

    def decode(self, z: ArrayLike, batch_size: int = 512, length: int | None = None) -> np.ndarray:
        """The mean of `p(x|z)` for each row of z: `(N, Z)` becomes `(N, ...)`, a NumPy array.

        Args:
            z: codes, `(N, Z)`.
            batch_size: codes to work on at a time.
            length: time steps of each sequence, if the model leaves that open.
        """
        z = np.asarray(z, "float32")
        if z.ndim != 2 or z.shape[1] != self.latent_dim or not len(z):
            expected = f"of shape (examples, {self.latent_dim})"
            raise SettingError(complaint("z", expected, z.shape, of=".shape"))
        length = self._check_length(length)
        return self._over_codes(
            ("decode", length), lambda z: self.mean(z, steps=length), z, batch_size, TOGETHER
        )

    def reconstruct(self, x: Examples, batch_size: int = 512) -> np.ndarray:
        """The mean of `p(x|z)` at the posterior mean of each example, a NumPy array like x.

        Of padded sequences it is the array, with zeros for padding.
        """
        if is_batches(x):
            return concatenate(self.reconstruct(part, batch_size) for part in examples_in(x))
        x = self._checked(x)
        return self._over_rows("reconstruct", self.call, x, batch_size, TOGETHER)

    def generate(
        self,
        num_samples: int,
        seed: int | None = None,
        draw: bool = False,
        length: int | None = None,
        temperature: float = 1.0,
    ) -> np.ndarray:
        """New examples: `z ~ p(z)`, then the mean of `p(x|z)`.

        Args:
            num_samples: number of examples.
            seed: whole number that makes the call repeatable, or None.
            draw: whether to draw x from `p(x|z)` instead of taking its mean. A decoder that reads
                x reads the draws.
            length: time steps of each sequence, if the model leaves that open or allows other
                lengths than its own.
            temperature: of the draws; below 1 they are nearer to the most likely values, above 1
                more varied.

        Returns:
            NumPy array of shape `(num_samples, ...)`.
        """
        num_samples = check_int("num_samples", num_samples)
        temperature = self._check_temperature(temperature, draw)
        length = self._check_length(length)
        with self.sampling.seeded(seed) as seeds:
            z = ops.convert_to_numpy(self.prior.sample(num_samples, self.latent_dim, seeds))
            if not draw:
                return self.decode(z, length=length)
            read = self._drawing(temperature)

            def draw_x(z):
                return self.in_units_of_data(self.decoder.write(z, read, length)[1])

            return self._over_codes(("draw", length, temperature), draw_x, z, 512)

    def complete(
        self,
        x: Examples,
        length: int,
        num_samples: int = 1,
        seed: int | None = None,
        draw: bool = True,
        temperature: float = 1.0,
    ) -> np.ndarray:
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
            SettingError: for a decoder that cannot continue, and a prefix longer than T.
        """
        if not self.decoder.can_continue:
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

        def continue_batch(data):
            batch = self.batch_of(data, any_length=True)
            z = self.sampling(self.posterior(batch), num_samples=num_samples)
            found = self.decoder.write(z, read, length, batch.x, data["lengths"])[1]
            return ops.swapaxes(self.in_units_of_data(found), 0, 1)

        name = ("complete", length, num_samples, draw, temperature)
        with self.sampling.seeded(seed):
            x = self._checked(x, any_length=True)
            return self._over_rows(name, continue_batch, x, 128, any_length=True)

    def quantize(self, *args: Any, **kwargs: Any) -> None:
        """Quantizes the layers that Keras can quantize, as `keras.Model.quantize` does."""
        self.__dict__.pop("_kept_functions", None)  # They were compiled with other weights.
        super().quantize(*args, **kwargs)

    @contextlib.contextmanager
    def compiling_again(self) -> Iterator[None]:
        """Makes the methods compile their functions again within the block, and forget them."""
        kept = self.__dict__.pop("_kept_functions", {})
        try:
            yield
        finally:
            self.__dict__["_kept_functions"] = kept

    def over_examples(
        self,
        function: Callable[[Batch], Any],
        x: Examples,
        batch_size: int,
        name: str | None = None,
        together: int = 1,
        verbose: int = 0,
        any_length: bool = False,
    ) -> Any:
        """Applies a function of a `Batch` to all examples.

        Args:
            function: takes a `Batch` and returns tensors whose first axis is B, or tuples of such.
            x: examples in any form that a model takes.
            batch_size: examples to work on at a time.
            name: name under which the compiled function is kept; None to compile it for this call.
            together: the most batches to work on in a call, for functions that draw nothing.
            verbose: 1 shows a progress bar.
            any_length: whether sequences may have another length than the model's, for functions
                that do not decode.

        Returns:
            NumPy arrays of N rows, in the structure of the function's result.
        """
        if is_batches(x):
            return concatenate(
                self.over_examples(function, part, batch_size, name, together, verbose, any_length)
                for part in examples_in(x)
            )

        def of_data(data):
            return function(self.batch_of(data, any_length=any_length))

        x = self._checked(x, any_length)
        return self._over_rows(name, of_data, x, batch_size, together, verbose, any_length)

    def _checked(self, x, any_length=False):
        """Examples in a form that can be cut into batches, after a check of their values."""
        x, shape = sequences.as_inputs(x, self.event_shape), self.event_shape
        # A recurrent network that was made for sequences of one length reads a shorter one too.
        shape = (None, *shape[1:]) if any_length else shape
        check_examples(x, shape, self.likelihood, self.standardization)
        return x

    def _drawing(self, temperature):
        """A function that draws from the likelihood, with the noise of `sampling`."""
        seeds = self.sampling.seed_generator
        return lambda parameters: self.likelihood.sample(parameters, seeds, temperature)

    def _check_temperature(self, temperature, draw):
        if not draw and temperature != 1.0:
            raise SettingError(complaint("temperature", "1.0 without draw=True", temperature))
        return check_float("temperature", temperature, above=True)

    def _check_length(self, length):
        fixed = self.decoder.event_shape[0]
        if not self.decoder.any_length:
            if length is None or length == fixed:
                return None
            expected = f"left out, as this decoder makes examples of shape {self.event_shape}"
            raise SettingError(complaint("length", expected, length))
        if length is None and fixed is None:
            expected = "given, as this model makes sequences of any length"
            raise SettingError(complaint("length", expected, length))
        return fixed if length is None else check_int("length", length)

    def _over_codes(self, name, function, z, batch_size, together=1):
        key = (name, self.latent_dim)
        return self._compiled(key, function, (self.latent_dim,), together)(z, batch_size)

    def _over_rows(self, name, function, x, batch_size, together=1, verbose=0, any_length=False):
        shape = (None, *self.event_shape[1:]) if any_length else self.event_shape
        array = sequences.array_of(x)
        wide = self.standardization is not None and str(getattr(array, "dtype", "")) == "float64"
        dtype, row_shape = "float64" if wide else "float32", sequences.row_shapes(x, shape)
        key = name and (name, str(row_shape), dtype)
        return self._compiled(key, function, row_shape, together, dtype)(x, batch_size, verbose)

    def _compiled(self, key, function, row_shape, together=1, dtype="float32"):
        """The function compiled for whole arrays, once for each key that is not None."""
        kept = self.__dict__.setdefault("_kept_functions", {})
        if key is None or key not in kept:
            compiled = backend.over_batches(
                function,
                row_shape,
                together,
                dtype,
                self.variables,
                wide=self.is_wide,
                as_one=self.is_light,
            )
            if key is None:
                return compiled
            kept[key] = compiled
        return kept[key]


def is_batches(x: object) -> bool:
    """Returns whether x yields batches: a dataset of TensorFlow or Keras, or a generator."""
    return (
        hasattr(x, "element_spec") or hasattr(x, "__next__") or isinstance(x, keras.utils.PyDataset)
    )


def examples_in(batches: Iterable[Any]) -> Iterator[Any]:
    """The examples of each batch, without targets, labels and weights, as arrays."""
    if isinstance(batches, keras.utils.PyDataset):
        parts = (batches[number] for number in range(len(batches)))
    else:
        parts = batches
    for part in parts:
        x = keras.utils.unpack_x_y_sample_weight(part)[0]
        x = x[0] if isinstance(x, tuple) else x
        if backend.is_sparse_tensor(x):
            x = backend.sparse_to_dense(x, x.shape)
        yield tree.map_structure(ops.convert_to_numpy, x)


def concatenate(results: Iterable[Any]) -> Any:
    """Results of several batches one after the other, in the structure of each.

    Raises:
        SettingError: if there are none.
    """
    results = list(results)
    if not results:
        raise SettingError(complaint("x", "one batch or more", 0, of=" with batches"))
    return tree.map_structure(lambda *parts: np.concatenate(parts), *results)
