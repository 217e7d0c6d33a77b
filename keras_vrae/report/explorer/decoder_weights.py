"""Trained decoders as plain numbers, so that a page can decode by itself."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from keras import ops

from keras_vrae import decoders, likelihoods
from keras_vrae.models import VAE

if TYPE_CHECKING:
    from keras_vrae.decoders import DenseDecoder, RecurrentDecoder

# 6 MB of float16, and 8 MB of the page.
MOST_WEIGHTS = 3_000_000
LARGEST_HALF = float(np.finfo("float16").max)
# Those that `decode.js` knows.
ACTIVATIONS = ("relu", "tanh", "sigmoid", "linear", "elu", "softplus", "silu")
CELLS = {decoders.LSTMDecoder: "lstm", decoders.GRUDecoder: "gru"}


class CannotDecodeError(Exception):
    """The page cannot decode a model; the message says why, in words for a reader."""


class Weights(NamedTuple):
    """Weights of a decoder, as `decode.js` reads them.

    Attributes:
        description: layers and head, for JSON. An array in it is `{"at": place, "shape": [...]}`:
            kernels are in `half` from that place on, biases in `single`.
        half: all kernels in float16.
        single: all biases in float32, as a bias adds its whole error to each value.
    """

    description: dict[str, Any]
    half: np.ndarray
    single: np.ndarray

    def for_json(self) -> dict[str, Any]:
        """Returns the weights as a dict for JSON, with the numbers in base64."""
        return {
            "description": self.description,
            "half": base64.b64encode(self.half.astype("<f2").tobytes()).decode("ascii"),
            "single": base64.b64encode(self.single.astype("<f4").tobytes()).decode("ascii"),
        }


def weights_of(model: VAE, steps: int | None = None) -> Weights:
    """Returns the decoder and the likelihood of a model as numbers.

    Args:
        model: a built `VAE`.
        steps: time steps to decode, for a decoder of sequences of any length.

    Raises:
        CannotDecodeError: for parts that are not those of the package, for more than 3,000,000
            weights, and for weights that float16 does not hold.

    Example:
        >>> from keras_vrae.report.explorer.decoder_weights import weights_of
        >>> vae = keras_vrae.build("gru", (8, 8), latent_dim=2, hidden_units=16)
        >>> weights = weights_of(vae)
        >>> weights.description["kind"], weights.half.size, weights.single.size
        ('dense', 1312, 96)
    """
    _check_parts(model)
    decoder, store = model.decoder, _Store()
    size = sum(math.prod(weight.shape) for weight in decoder.weights)
    if size > MOST_WEIGHTS:
        raise CannotDecodeError(
            f"its decoder has {size:,} weights, and a page holds {MOST_WEIGHTS:,} at most"
        )
    head = _head(model)
    if type(decoder) is decoders.DenseDecoder:
        network, steps = _dense(decoder, store), None
    else:
        network, steps = _recurrent(decoder, store, head), decoder.event_shape[0] or steps
        if steps is None:
            raise CannotDecodeError("the length of its sequences is not known")
    shapes = (model.event_shape, decoder.parameters_shape)
    event, parameters = ([steps if n is None else n for n in shape] for shape in shapes)
    standardization = model.standardization
    description = {
        **network,
        "head": head,
        "latentDim": model.latent_dim,
        "steps": steps,
        "eventShape": event,
        "parametersShape": parameters,
        "units": standardization and {"mean": standardization.mean, "scale": standardization.scale},
    }
    return Weights(description, *store.arrays())


def _check_parts(model):
    """Raises `CannotDecodeError` for a model whose mean is not that of the package's own parts."""
    known = (decoders.DenseDecoder, *CELLS)
    if type(model.decoder) not in known:
        raise CannotDecodeError(f"its decoder is of another package: {_named(model.decoder)}")
    if type(model.likelihood) not in likelihoods.LIKELIHOODS.members.values():
        raise CannotDecodeError(f"its likelihood is of another package: {_named(model.likelihood)}")
    for name in ("mean", "decode", "in_units_of_data"):
        if getattr(type(model), name) is not getattr(VAE, name):
            raise CannotDecodeError(f"its model has a way of its own to decode: {_named(model)}")


def _named(part):
    return type(part).__name__


class _Store:
    """Collects arrays, and gives the place of each."""

    def __init__(self):
        self.parts: dict[str, list[np.ndarray]] = {"half": [], "single": []}
        self.sizes = {"half": 0, "single": 0}

    def kernel(self, array):
        array = ops.convert_to_numpy(ops.cast(array, "float32"))
        if not np.abs(array).max(initial=0.0) <= LARGEST_HALF:
            raise CannotDecodeError("its decoder has weights that float16 does not hold")
        return self._add("half", array)

    def bias(self, array):
        return self._add("single", ops.convert_to_numpy(ops.cast(array, "float32")))

    def layer(self, layer, activation="linear"):
        if getattr(layer, "quantization_mode", None):
            raise CannotDecodeError("its decoder is quantized")
        own = {"kernel": self.kernel(layer.kernel), "bias": self.bias(layer.bias)}
        return {**own, "activation": activation}

    def _add(self, kind, array):
        place = self.sizes[kind]
        self.parts[kind].append(array.ravel())
        self.sizes[kind] += array.size
        return {"at": place, "shape": list(array.shape)}

    def arrays(self):
        half, single = (np.concatenate(self.parts[kind]) for kind in ("half", "single"))
        return half.astype("float16"), single.astype("float32")


def _dense(decoder: DenseDecoder, store: _Store) -> dict[str, Any]:
    activation = getattr(decoder.mlp.activation, "__name__", "")
    if activation not in ACTIVATIONS:
        raise CannotDecodeError(f"the page does not know the activation {activation!r}")
    hidden = [store.layer(layer, activation) for layer in decoder.mlp.layers]
    return {"kind": "dense", "layers": [*hidden, store.layer(decoder.output_layer)]}


def _recurrent(decoder: RecurrentDecoder, store: _Store, head: dict[str, Any]) -> dict[str, Any]:
    # Without x a decoder with inputs="teacher" reads what it wrote, as one with "own" does.
    reads = decoder.inputs != "zero"
    if reads and head["kind"] == "multinomial":
        raise CannotDecodeError("its decoder reads documents step by step")
    stack = [
        {
            "first": store.layer(first, "tanh"),
            "kernel": store.kernel(layer.cell.kernel),
            "recurrent": store.kernel(layer.cell.recurrent_kernel),
            "bias": store.bias(layer.cell.bias),
        }
        for first, layer in zip(decoder.first_states, decoder.recurrent_layers, strict=True)
    ]
    return {
        "kind": CELLS[type(decoder)],
        "readsItself": reads,
        "readsZ": decoder.z_at_every_step,
        "stack": stack,
        "output": store.layer(decoder.output_layer),
    }


def _head(model: VAE) -> dict[str, Any]:
    """Returns the likelihood as a dict for JSON."""
    likelihood = model.likelihood
    head: dict[str, Any] = {"kind": type(likelihood).__name__.lower()}
    if head["kind"] == "gaussian":
        head["scale"] = "per_value"
        if likelihood.scale != "per_value":
            _, log_scale = likelihood.mean_and_log_scale(np.zeros(1, "float32"))
            head["scale"] = math.exp(float(ops.convert_to_numpy(log_scale)))
        head["largestLogScale"] = likelihood.max_abs_log_scale
    elif head["kind"] == "categorical":
        head["categories"] = likelihood.num_categories
    return head
