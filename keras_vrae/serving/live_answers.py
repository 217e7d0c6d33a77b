"""Answers of the live model to the requests that a server gets, by its public methods alone.

Nothing here calls a served function, so that a served function which is wrong is found.
"""

import numpy as np
import tensorflow as tf
from keras import ops

from keras_vrae.backend import without_cudnn
from keras_vrae.models.hashing import hash_codes
from keras_vrae.serving.noise import normal_rows, uniform_rows
from keras_vrae.serving.signatures import SCORE_SAMPLES, score_noise


def live_answer(model, signature, inputs):
    """Returns the answer of the model to one request, as NumPy arrays by name.

    The model works on the CPU and without cuDNN, as the server does.

    Args:
        model: the `VAE`.
        signature: name of the signature.
        inputs: NumPy arrays by name.
    """
    # Functions that were compiled earlier may hold cuDNN kernels, and these must not stay.
    with model.compiling_again(), without_cudnn(model), tf.device("CPU"):
        outputs = ANSWERS[signature.removesuffix("_padded")](model, **inputs)
    return {name: ops.convert_to_numpy(values) for name, values in outputs.items()}


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


ANSWERS = {
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
