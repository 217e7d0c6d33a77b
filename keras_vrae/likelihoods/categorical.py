"""Categorical likelihood for tokens: one of V categories at each place."""

from typing import Any

import keras
from keras import ops

from keras_vrae.likelihoods.likelihood import Likelihood
from keras_vrae.types import Shape, Tensor
from keras_vrae.validation import check_int


@keras.saving.register_keras_serializable(package="keras_vrae")
class Categorical(Likelihood):
    """`p(x|z) = prod_i softmax(logits_i)[x_i]` for x that holds whole numbers below V.

    An example `(T,)` has parameters `(T, V)`. Categories have no mean: `call` gives the most
    probable one instead.

    Args:
        num_categories: number of categories, V.

    Example:
        >>> likelihood = keras_vrae.Categorical(num_categories=3)
        >>> likelihood(np.array([[[0.0, 5.0, 1.0]]])).numpy().tolist()
        [[1.0]]
    """

    def __init__(self, num_categories: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_categories = check_int("num_categories", num_categories, minimum=2)
        self.support = f"whole numbers from 0 to {self.num_categories - 1}"

    def parameters_shape(self, event_shape: Shape) -> Shape:
        return (*event_shape, self.num_categories)

    def in_support(self, x: Tensor) -> Tensor:
        whole = ops.equal(x, ops.floor(ops.cast(x, "float32")))
        inside = ops.logical_and(ops.greater_equal(x, 0), ops.less(x, self.num_categories))
        return ops.logical_and(whole, inside)

    def log_prob_of_values(self, x: Tensor, parameters: Tensor) -> Tensor:
        chosen = ops.one_hot(ops.cast(x, "int32"), self.num_categories)
        return ops.sum(ops.log_softmax(parameters, axis=-1) * chosen, axis=-1)

    def call(self, parameters: Tensor) -> Tensor:
        # Not argmax: that of Keras (3.15) reads the bits of numbers on TensorFlow, to tell tiny
        # ones from 0, by an operation that ONNX lacks.
        _, best = ops.top_k(parameters, 1)
        return ops.cast(best[..., 0], "float32")

    def sample(
        self,
        parameters: Tensor,
        seed: int | keras.random.SeedGenerator | None = None,
        temperature: float = 1.0,
    ) -> Tensor:
        logits = ops.reshape(parameters / temperature, (-1, self.num_categories))
        drawn = keras.random.categorical(logits, 1, seed=seed)
        return ops.cast(ops.reshape(drawn, ops.shape(parameters)[:-1]), "float32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "num_categories": self.num_categories}
