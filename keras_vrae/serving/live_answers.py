"""Answers of the live model to the requests that a server gets, by its public methods alone.

Nothing here calls a served function, so that a served function which is wrong is found.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from keras_vrae.backend import without_cudnn
from keras_vrae.models import VAE
from keras_vrae.models.hashing import hash_codes
from keras_vrae.serving.noise import normal_rows, uniform_rows
from keras_vrae.serving.signatures import MOST_STEPS, SCORE_SAMPLES, score_noise

ALWAYS_VALID = {"seed", "text"}  # Inputs every value of which has an answer.


def live_answer(
    model: VAE, signature: str, inputs: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Returns the answer of the model to one request, as NumPy arrays by name.

    The model works on the CPU and without cuDNN, as the server does. It sees the valid rows alone,
    and the others hold NaN, or 0 in bytes.

    Args:
        model: the `VAE`.
        signature: name of the signature.
        inputs: NumPy arrays by name.
    """
    valid = row_validity(model, inputs)
    rows = {name: values[valid] for name, values in inputs.items()}
    # Functions that were compiled earlier may hold cuDNN kernels, and these must not stay.
    with model.compiling_again(), without_cudnn(model), tf.device("CPU"):
        outputs = ANSWERS[signature.removesuffix("_padded")](model, **rows)
    answer = {name: _at(valid, ops.convert_to_numpy(part)) for name, part in outputs.items()}
    return answer if inputs.keys() <= ALWAYS_VALID else {**answer, "valid": valid}


def row_validity(model: VAE, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """Returns booleans `(B,)`, True for rows that a server can answer.

    Args:
        model: the `VAE`.
        inputs: NumPy arrays by name.
    """
    lengths, x = inputs.get("lengths"), inputs.get("inputs")
    valid = np.ones(len(next(iter(inputs.values()))), bool)
    if lengths is not None:
        valid &= (lengths >= 1) & (lengths <= (MOST_STEPS if x is None else x.shape[1]))
    if "z" in inputs:
        valid &= np.isfinite(inputs["z"]).all(axis=1)
    if x is not None:
        x = x if model.standardization is None else model.standardization(x)
        possible = ops.convert_to_numpy(model.likelihood.in_support(x))
        for row, values in enumerate(possible):
            valid[row] &= values[: None if lengths is None else lengths[row]].all()
    return valid


def _at(valid, values):
    """Values of the valid rows, at their places among all rows."""
    blank = np.nan if values.dtype.kind == "f" else 0
    spread = np.full((len(valid), *values.shape[1:]), blank, values.dtype)
    spread[valid] = values
    return spread


def _posterior(model, inputs, lengths=None):
    x = _examples(inputs, lengths)
    if inputs.shape[1] == (model.event_shape[0] or inputs.shape[1]):
        return model.encode(x)
    # A recurrent encoder also reads sequences of other lengths than the model's.
    posterior = model.posterior(model.batch_of((x,), any_length=True))
    return type(posterior)(*map(ops.convert_to_numpy, posterior))


def _encode(model, inputs, lengths=None):
    return _posterior(model, inputs, lengths)._asdict()


def _encode_text(model, text):
    return model.encode(model.vectorizer(text))._asdict()


def _hash(model, inputs=None, text=None):
    return {"hash": hash_codes(model, inputs if text is None else model.vectorizer(text))}


def _sample(model, inputs, seed, lengths=None):
    z_mean, z_log_var = _posterior(model, inputs, lengths)
    noise = ops.convert_to_numpy(normal_rows(seed, (model.latent_dim,)))
    return {"z": z_mean + np.exp(0.5 * z_log_var) * noise}


def _decode(model, z, lengths=None):
    if lengths is None:
        return {"reconstruction": model.decode(z)}
    x = model.decode(z, length=int(lengths.max()))
    for row, length in zip(x, lengths, strict=True):
        row[length:] = 0
    return {"reconstruction": x}


def _generate(model, seed, lengths=None):
    noise = normal_rows(seed, (model.latent_dim,))
    return _decode(model, model.prior.from_noise(noise, uniform_rows(seed)), lengths)


def _reconstruct(model, inputs, lengths=None):
    return {"reconstruction": model.reconstruct(_examples(inputs, lengths))}


def _score(model, inputs, seed, lengths=None):
    noise = score_noise(seed, model.latent_dim)
    batch = model.batch_of((_examples(inputs, lengths),))
    terms = model.elbo_terms(batch, SCORE_SAMPLES, noise=noise)
    return {"elbo": terms.elbo, "reconstruction": terms.reconstruction, "kl": terms.kl}


ANSWERS: dict[str, Callable[..., dict[str, Any]]] = {
    "encode": _encode,
    "encode_text": _encode_text,
    "hash": _hash,
    "sample": _sample,
    "decode": _decode,
    "generate": _generate,
    "reconstruct": _reconstruct,
    "score": _score,
}


def _examples(inputs, lengths):
    return inputs if lengths is None else {"x": inputs, "lengths": lengths}
