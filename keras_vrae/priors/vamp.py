"""The variational mixture of posteriors (VampPrior)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

from keras_vrae import sequences
from keras_vrae.likelihoods import Likelihood
from keras_vrae.priors.mixture import choose, mixture_log_prob
from keras_vrae.priors.prior import Prior
from keras_vrae.types import Examples, Shape, Tensor
from keras_vrae.validation import SettingError, check_int, complaint

if TYPE_CHECKING:
    from keras_vrae.encoders import Encoder, Posterior

FIRST_MEAN, FIRST_SPREAD = 0.05, 0.01


@keras.saving.register_keras_serializable(package="keras_vrae")
class VampPrior(Prior):
    """`p(z) = mean_c q(z|u_c)`: the posteriors of C pseudo-inputs u, with equal weights.

    The posteriors are those of the model's own encoder. The pseudo-inputs are learned with the
    other weights, and kept within the bounds of the likelihood's support; or they are examples of
    the data and stay as they are. The divergence of the posterior is estimated from the samples
    of z.

    Args:
        num_pseudo_inputs: number of pseudo-inputs, C.
        learned: whether training changes the pseudo-inputs. If not, call `adapt` first.
        length: time steps of a pseudo-input, for a model of sequences of any length.

    Example:
        >>> prior = keras_vrae.VampPrior(num_pseudo_inputs=20)
        >>> vae = keras_vrae.build("gru", (8, 8), hidden_units=16, prior=prior)
        >>> prior.adapt(np.random.default_rng(0).random((50, 8, 8)))
        >>> prior.pseudo_inputs.shape
        TensorShape([20, 8, 8])

    Reference:
        Tomczak and Welling, 2018, arXiv 1705.07120, section 2.
    """

    pseudo_inputs: keras.Variable

    def __init__(
        self,
        num_pseudo_inputs: int = 500,
        learned: bool = True,
        length: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_pseudo_inputs = check_int("num_pseudo_inputs", num_pseudo_inputs)
        self.learned = bool(learned)
        self.length = None if length is None else check_int("length", length)
        # Known once the prior is connected.
        self._encode: Callable[[Tensor], Posterior] | Any = None
        self._bounds: tuple[float, float] | Any = None
        self._event_shape: Shape | Any = None

    def connect(
        self, encoder: Encoder, likelihood: Likelihood, event_shape: Sequence[int | None]
    ) -> None:
        if self.learned and likelihood.bounds is None:
            name = type(likelihood).__name__
            expected = f"False with the {name} likelihood, whose values cannot be learned"
            raise SettingError(complaint("learned", expected, self.learned))
        # In a function: the encoder is a part of the model, not of its prior.
        self._encode = lambda x: encoder(x)
        self._bounds, self._event_shape = likelihood.bounds, tuple(event_shape)

    def build(self, input_shape: Shape) -> None:
        if self._encode is None:
            expected = "a part of a VAE, as its components are posteriors of the VAE's encoder"
            raise SettingError(complaint("prior", expected, type(self).__name__))
        shape = self._event_shape
        if shape[0] is None:
            if self.length is None:
                expected = "a whole number with an encoder of sequences of any length"
                raise SettingError(complaint("length", expected, self.length))
            shape = (self.length, *shape[1:])
        self.pseudo_inputs = self.add_weight(
            (self.num_pseudo_inputs, *shape),
            keras.initializers.RandomNormal(FIRST_MEAN, FIRST_SPREAD),
            trainable=self.learned,
            name="pseudo_inputs",
        )
        self.built = True

    def get_build_config(self) -> None:
        """None: of a saved one only the model can build another, as it knows the encoder."""

    def adapt(self, x: Examples, seed: int = 0) -> None:
        """Takes examples of the data as the pseudo-inputs to begin with, or to keep.

        Args:
            x: examples in the units of the networks (standardized, if the model standardizes),
                an array, a sparse matrix or padded sequences; C of them are drawn.
            seed: whole number that fixes the choice.

        Raises:
            SettingError: for fewer than C examples, or examples of another shape.
        """
        size = sequences.num_rows(x)
        if size < self.num_pseudo_inputs:
            expected = f"{self.num_pseudo_inputs} examples or more, the number of pseudo-inputs"
            raise SettingError(complaint("x", expected, size, of=" with rows"))
        rows = np.sort(np.random.default_rng(seed).permutation(size)[: self.num_pseudo_inputs])
        values = np.asarray(sequences.array_of(sequences.take(x, rows)), "float32")
        shape = tuple(self.pseudo_inputs.shape)
        if self.length is not None:
            values = values[:, : self.length]
            missing = self.length - values.shape[1]
            values = np.pad(values, [(0, 0), (0, missing), *[(0, 0)] * (values.ndim - 2)])
        if values.shape != shape:
            expected = f"examples of shape {shape[1:]}"
            raise SettingError(complaint("x", expected, values.shape[1:], of=" with rows of shape"))
        self.pseudo_inputs.assign(values)

    def components(self) -> Posterior:
        """The `Posterior` of the pseudo-inputs: two tensors `(C, Z)`."""
        inputs = self.pseudo_inputs
        if self.learned:
            inputs = ops.clip(inputs, *self._bounds)
        return self._encode(ops.convert_to_tensor(inputs))

    def log_prob(self, z: Tensor) -> Tensor:
        shares = ops.full((self.num_pseudo_inputs,), -math.log(self.num_pseudo_inputs))
        return mixture_log_prob(z, *self.components(), shares)

    def from_noise(self, noise: Tensor, uniform: Tensor) -> Tensor:
        shares = ops.full((self.num_pseudo_inputs,), 1.0 / self.num_pseudo_inputs)
        mean, log_var = self.components()
        chosen = choose(shares, uniform)
        return ops.take(mean, chosen, 0) + ops.exp(0.5 * ops.take(log_var, chosen, 0)) * noise

    def get_config(self) -> dict[str, Any]:
        own = {
            "num_pseudo_inputs": self.num_pseudo_inputs,
            "learned": self.learned,
            "length": self.length,
        }
        return {**super().get_config(), **own}
