"""The served functions of an encoder, of a decoder, and of both together.

Every input and output has a row for each example, and a row of an output depends on the same row
of the inputs alone, so that a server may put requests together and take their answers apart. Where
the values of a row can be wrong, the output `valid` says which rows are right; the others hold NaN.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from keras_vrae.models import VAE
from keras_vrae.models.hashing import pack_bits
from keras_vrae.sequences import blank
from keras_vrae.serving.input_checks import (
    check_rows,
    check_same_rows,
    mark_rows,
    replace_rows,
    valid_rows,
)
from keras_vrae.serving.noise import normal_rows, uniform_rows
from keras_vrae.types import Shape, Tensor

SCORE_SAMPLES = 16
# Steps that a client may ask of a decoder in one row; many more and the server has no memory left.
MOST_STEPS = 100_000


class Signature(NamedTuple):
    """One function that is served.

    Attributes:
        inputs: names and `tf.TensorSpec`s, in the order of the function's arguments.
        function: takes the inputs and returns a dict of tensors.
    """

    inputs: dict[str, tf.TensorSpec]
    function: Callable[..., dict[str, Tensor]]


def encoder_signatures(model: VAE) -> dict[str, Signature]:
    """The functions of the encoder alone; `encode` is served by default.

    Args:
        model: a built `VAE`.

    Returns:
        `Signature` by name. A model of documents also has `encode_text`, which takes strings, and
        one with hash codes `hash`, which takes strings if it can, or else the inputs of `encode`,
        and gives bytes. An encoder of sequences of any length also has `encode_padded` and
        `sample_padded`, which take the number of valid steps of each row.
    """
    row_shape = model.encoder.event_shape
    inputs = {"inputs": _examples(model, row_shape)}
    seed, lengths = {"seed": _numbers("seed")}, {"lengths": _numbers("lengths")}
    check = _ExampleChecks(model, row_shape)

    def encode(inputs):
        examples, valid = check.examples(inputs)
        return mark_rows(valid, _posterior(model, examples)._asdict())

    def sample(inputs, seed):
        examples, valid = check.examples(inputs)
        return mark_rows(valid, _sample(model, examples, check.seeds(seed, examples)))

    def encode_padded(inputs, lengths):
        padded, valid = check.padded_examples(inputs, lengths)
        return mark_rows(valid, _posterior(model, padded)._asdict())

    def sample_padded(inputs, lengths, seed):
        padded, valid = check.padded_examples(inputs, lengths)
        return mark_rows(valid, _sample(model, padded, check.seeds(seed, padded["x"])))

    signatures = {
        "encode": Signature(inputs, encode),
        "sample": Signature({**inputs, **seed}, sample),
    }
    signatures.update(text_signatures(model, inputs, check))
    if row_shape[0] is None:
        signatures["encode_padded"] = Signature({**inputs, **lengths}, encode_padded)
        signatures["sample_padded"] = Signature({**inputs, **lengths, **seed}, sample_padded)
    return signatures


def text_signatures(
    model: VAE, inputs: dict[str, tf.TensorSpec], check: "_ExampleChecks"
) -> dict[str, Signature]:
    """The functions of strings and of hash codes, if a model has the parts for them."""

    def read(text):
        return tf.cast(model.vectorizer(check_rows("text", text, ())), tf.float32)

    def encode_text(text):
        return _posterior(model, read(text))._asdict()

    def hash_examples(examples):
        codes = _posterior(model, examples).z_mean[:, : model.shared_dim]
        return {"hash": pack_bits(model.binarizer(codes))}

    def hash_inputs(inputs):
        examples, valid = check.examples(inputs)
        return mark_rows(valid, hash_examples(examples))

    found, text = {}, {"text": tf.TensorSpec((None,), tf.string, "text")}
    if model.vectorizer is not None:
        model.vectorizer(["a first call, which builds its table"])
        found["encode_text"] = Signature(text, encode_text)
    if model.binarizer is not None and model.binarizer.built:
        if model.vectorizer is not None:
            found["hash"] = Signature(text, lambda text: hash_examples(read(text)))
        else:
            found["hash"] = Signature(inputs, hash_inputs)
    return found


def decoder_signatures(model: VAE) -> dict[str, Signature]:
    """The functions of the decoder and the prior; `decode` is served by default.

    Those of a decoder of sequences of any length also take the number of steps of each row, after
    which the output has zeros.
    """

    def decode(z, lengths=None):
        z = check_rows("z", z, (model.latent_dim,))
        valid = valid_rows(tf.math.is_finite(z))
        z = replace_rows(valid, z, 0)
        if lengths is None:
            return mark_rows(valid, {"reconstruction": write(z)})
        lengths, long_enough = check_lengths(lengths, "z", z)
        return mark_rows(valid & long_enough, {"reconstruction": write(z, lengths)})

    def generate(seed, lengths=None):
        seed = check_rows("seed", seed, ())
        noise = normal_rows(seed, (model.latent_dim,))
        z = model.prior.from_noise(noise, uniform_rows(seed))
        if lengths is None:
            return {"reconstruction": write(z)}
        lengths, valid = check_lengths(lengths, "seed", z)
        return mark_rows(valid, {"reconstruction": write(z, lengths)})

    def check_lengths(lengths, name, z):
        lengths = check_same_rows("lengths", check_rows("lengths", lengths, ()), name, z)
        valid = (lengths >= 1) & (lengths <= MOST_STEPS)
        return replace_rows(valid, lengths, 1), valid

    def write(z, lengths=None):
        if lengths is None:
            return model.mean(z, steps=model.decoder.event_shape[0])
        steps = tf.cast(tf.reduce_max(lengths), tf.int32)
        return blank(model.mean(z, steps=steps), tf.sequence_mask(lengths, steps))

    fixed = model.decoder.event_shape[0] or not model.decoder.any_length
    lengths = {} if fixed else {"lengths": _numbers("lengths")}
    return {
        "decode": Signature({"z": _rows("z", (model.latent_dim,)), **lengths}, decode),
        "generate": Signature({"seed": _numbers("seed"), **lengths}, generate),
    }


def autoencoder_signatures(model: VAE) -> dict[str, Signature]:
    """The functions of the whole model; `reconstruct` is served by default.

    A model with a recurrent decoder also has `reconstruct_padded` and `score_padded`, which take
    the number of valid steps of each row.
    """
    row_shape = model.event_shape
    inputs, seed = {"inputs": _examples(model, row_shape)}, {"seed": _numbers("seed")}
    check = _ExampleChecks(model, row_shape)

    # `call` itself: Keras casts the inputs of a call to float32, also those in double precision.
    def reconstruct(inputs):
        examples, valid = check.examples(inputs)
        return mark_rows(valid, {"reconstruction": model.call(examples)})

    def reconstruct_padded(inputs, lengths):
        padded, valid = check.padded_examples(inputs, lengths)
        return mark_rows(valid, {"reconstruction": model.call(padded)})

    def score(inputs, seed):
        examples, valid = check.examples(inputs)
        return mark_rows(valid, score_of(examples, check.seeds(seed, examples)))

    def score_padded(inputs, lengths, seed):
        padded, valid = check.padded_examples(inputs, lengths)
        return mark_rows(valid, score_of(padded, check.seeds(seed, padded["x"])))

    def score_of(examples, seed):
        noise = score_noise(seed, model.latent_dim)
        terms = model.elbo_terms(model.batch_of((examples,)), SCORE_SAMPLES, noise=noise)
        return {"elbo": terms.elbo, "reconstruction": terms.reconstruction, "kl": terms.kl}

    signatures = {
        "reconstruct": Signature(inputs, reconstruct),
        "score": Signature({**inputs, **seed}, score),
    }
    if model.decoder.any_length:
        lengths = {"lengths": _numbers("lengths")}
        signatures["reconstruct_padded"] = Signature({**inputs, **lengths}, reconstruct_padded)
        signatures["score_padded"] = Signature({**inputs, **lengths, **seed}, score_padded)
    return signatures


SIGNATURES = {
    "encoder": encoder_signatures,
    "decoder": decoder_signatures,
    "autoencoder": autoencoder_signatures,
}


def score_noise(seed: Tensor, latent_dim: int) -> Tensor:
    """The noise of `score`, made of the seed of each row: `(B,)` becomes `(K, B, Z)`."""
    return tf.transpose(normal_rows(seed, (SCORE_SAMPLES, latent_dim)), (1, 0, 2))


class _ExampleChecks:
    """The checks of the inputs that come with examples."""

    def __init__(self, model: VAE, row_shape: Shape) -> None:
        self.likelihood, self.row_shape = model.likelihood, row_shape
        self.standardization = model.standardization

    def examples(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Examples with zeros for the invalid ones, and the validity of each."""
        inputs = check_rows("inputs", inputs, self.row_shape)
        valid = valid_rows(self._valid(inputs))
        return replace_rows(valid, inputs, 0), valid

    def padded_examples(self, inputs: Tensor, lengths: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """The same of padded sequences, as a model takes them, with zeros for their padding."""
        inputs = check_rows("inputs", inputs, self.row_shape)
        lengths = check_rows("lengths", lengths, ())
        lengths = check_same_rows("lengths", lengths, "inputs", inputs)
        steps = tf.shape(inputs)[1]
        valid = (lengths >= 1) & (lengths <= tf.cast(steps, lengths.dtype))
        lengths = replace_rows(valid, lengths, 1)
        mask = tf.sequence_mask(lengths, steps)
        is_step = tf.reshape(mask, (*tf.unstack(tf.shape(mask)), *[1] * (len(self.row_shape) - 1)))
        valid &= valid_rows(self._valid(inputs) | ~is_step)
        x = replace_rows(valid, tf.where(is_step, inputs, tf.zeros_like(inputs)), 0)
        return {"x": x, "lengths": lengths}, valid

    def _valid(self, inputs):
        """The validity of each value, in the units of the networks."""
        if self.standardization is not None:
            inputs = self.standardization(inputs)
        return self.likelihood.in_support(inputs)

    def seeds(self, seed: Tensor, inputs: Tensor) -> Tensor:
        return check_same_rows("seed", check_rows("seed", seed, ()), "inputs", inputs)


def _examples(model, row_shape):
    """The input of examples: of float64 if float32 would lose their values, else of float32."""
    wide = model.standardization is not None and model.standardization.needs_float64
    return tf.TensorSpec((None, *row_shape), tf.float64 if wide else tf.float32, "inputs")


def _rows(name, row_shape):
    return tf.TensorSpec((None, *row_shape), tf.float32, name)


def _numbers(name):
    return tf.TensorSpec((None,), tf.int64, name)


def _posterior(model, examples):
    """The posterior of examples, or of padded sequences, in the units of the data."""
    return model.posterior(model.batch_of((examples,), any_length=True))


def _sample(model, examples, seed):
    noise = normal_rows(seed, (model.latent_dim,))[tf.newaxis]
    return {"z": model.sampling(_posterior(model, examples), noise=noise)[0]}
