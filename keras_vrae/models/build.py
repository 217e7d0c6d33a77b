"""Models in one line."""

from collections.abc import Mapping, Sequence
from typing import Any

from keras_vrae import decoders, encoders, layers
from keras_vrae.decoders import Decoder
from keras_vrae.encoders import Encoder
from keras_vrae.layers import DEFAULT_HIDDEN_UNITS, Standardization
from keras_vrae.likelihoods import Likelihood, Multinomial
from keras_vrae.models.hashing import MedianBinarizer
from keras_vrae.models.supervised import SupervisedVAE
from keras_vrae.models.vae import VAE
from keras_vrae.objectives import Objective
from keras_vrae.priors import Prior
from keras_vrae.validation import SettingError, check_event_shape, complaint

LABEL_OPTIONS = ("num_classes", "private_dim", "weight", "multi_label")


def build(
    encoder: Encoder | str,
    input_shape: Sequence[int | None],
    latent_dim: int | None = None,
    hidden_units: int | None = None,
    likelihood: Likelihood | str = "bernoulli",
    decoder: Decoder | str = "dense",
    objective: Objective | str | None = None,
    seed: int | None = None,
    decoder_options: Mapping[str, Any] | None = None,
    standardization: Standardization | None = None,
    binarizer: MedianBinarizer | None = None,
    prior: Prior | str = "normal",
    **encoder_options: Any,
) -> VAE:
    """Makes an uncompiled `VAE` of parts that are given by name, or made already.

    Args:
        encoder: `"dense"`, `"lstm"`, `"gru"`, or an `Encoder`.
        input_shape: shape of one example; for a recurrent encoder its first axis is time, of which
            None leaves the length open if the decoder is recurrent too.
        latent_dim: number of latent dimensions, Z; 2 if None.
        hidden_units: units of every hidden layer of encoder and decoder, H; 500 if None.
        likelihood: a `Likelihood` or its name, such as `"bernoulli"` or `"gaussian"`.
        decoder: `"dense"`, `"lstm"`, `"gru"`, or a `Decoder`.
        objective: an `Objective` or its name; `ELBO()` if None.
        seed: whole number that fixes the noise of training, or None.
        decoder_options: further arguments of the decoder, a dict such as `{"inputs": "teacher"}`.
        standardization: a `Standardization` of the data, or None.
        binarizer: a `MedianBinarizer` for hash codes, or None.
        prior: a `Prior` or its name: `"normal"`, `"mixture"` or `"vamp"`.
        **encoder_options: further arguments of the encoder, such as `bidirectional=True`; with
            `num_classes`, `private_dim`, `weight` and `multi_label` among them a `SupervisedVAE`
            of these is made.

    Returns:
        A `VAE`, or a `SupervisedVAE` with `num_classes`.

    Raises:
        SettingError: for an unknown name, an invalid size, and options of a part that is made
            already.

    Example:
        >>> vae = keras_vrae.build("lstm", input_shape=(8, 8), latent_dim=2, hidden_units=16)
        >>> vae.generate(3, seed=0).shape
        (3, 8, 8)
    """
    label_options = _take_label_options(encoder_options)
    units = {} if hidden_units is None else {"hidden_units": hidden_units}
    if isinstance(encoder, str):
        latent_dim = 2 if latent_dim is None else latent_dim
        encoder_options = {**units, **encoder_options}
    if latent_dim is not None:
        encoder_options = {"latent_dim": latent_dim, **encoder_options}
    decoder_options = dict(decoder_options or {})
    input_shape = check_event_shape("input_shape", input_shape, any_length=True)
    if isinstance(decoder, str):
        if not decoders.DECODERS[decoder].any_length:
            check_event_shape("input_shape", input_shape)
        decoder_options = {"event_shape": input_shape, **units, **decoder_options}
    # The encoder is made first: Keras draws the seeds of initializers in the order of the layers.
    encoder = encoders.get(encoder, **encoder_options)
    decoder = decoders.get(decoder, **decoder_options)
    if decoder.event_shape != input_shape:
        expected = f"{decoder.event_shape}, the event_shape of the decoder"
        raise SettingError(complaint("input_shape", expected, input_shape))
    return (SupervisedVAE if label_options else VAE)(
        encoder=encoder,
        decoder=decoder,
        likelihood=likelihood,
        prior=prior,
        objective=objective,
        seed=seed,
        standardization=standardization,
        binarizer=binarizer,
        **label_options,
    )


def build_text(
    encoder: str,
    vocabulary: Sequence[str],
    latent_dim: int = 32,
    hidden_units: int = DEFAULT_HIDDEN_UNITS,
    decoder_layers: int = 0,
    max_length: int = 64,
    objective: Objective | str | None = None,
    seed: int | None = None,
    prior: Prior | str = "normal",
    **encoder_options: Any,
) -> VAE:
    """Makes an uncompiled model of documents: a vectorizer, a `VAE` and a binarizer.

    Whatever the encoder, `p(x|z)` is a `Multinomial` over the vocabulary.

    Args:
        encoder: `"dense"` reads counts of terms `(N, V)` (call `model.encoder.adapt` with those of
            the training documents); `"lstm"` and `"gru"` read numbers of words `(N, max_length)`.
        vocabulary: the terms, in lower case.
        latent_dim: number of latent dimensions, Z, and bits of a hash code.
        hidden_units: units of every hidden layer, H.
        decoder_layers: hidden layers of the decoder; with none the logits are linear in z, so that
            each latent dimension has a weight for each term.
        max_length: words of a sequence.
        objective: an `Objective` or its name; `ELBO()` if None.
        seed: whole number that fixes the noise of training, or None.
        prior: as in `build`.
        **encoder_options: as in `build`.

    Returns:
        A `VAE`, or a `SupervisedVAE` with `num_classes`. `model.vectorizer` makes x of strings;
        `model.binarizer.adapt` waits for the codes of the training documents.

    Raises:
        SettingError: for an unknown name or an invalid size.

    Example:
        >>> vae = keras_vrae.build_text("dense", ["cat", "dog", "sat"], latent_dim=2)
        >>> x = vae.vectorizer(["The cat sat.", "A dog, a dog!"])
        >>> vae.encode(x).z_mean.shape
        (2, 2)
    """
    make_encoder = encoders.TEXT_ENCODERS[encoder]
    size, tokens = len(vocabulary), encoder != "dense"
    label_options = _take_label_options(encoder_options)
    if tokens:
        encoder_options["vocabulary_size"] = size
    return (SupervisedVAE if label_options else VAE)(
        encoder=make_encoder(latent_dim=latent_dim, hidden_units=hidden_units, **encoder_options),
        decoder=decoders.DenseDecoder(
            (None,) if tokens else (size,), hidden_units, num_layers=decoder_layers
        ),
        likelihood=Multinomial(size, tokens=tokens),
        prior=prior,
        objective=objective,
        seed=seed,
        vectorizer=layers.TextVectorizer(vocabulary, "tokens" if tokens else "bag", max_length),
        binarizer=MedianBinarizer(),
        **label_options,
    )


def _take_label_options(options):
    """Takes the arguments of a `SupervisedVAE` out of a dict, and returns them."""
    return {name: options.pop(name) for name in LABEL_OPTIONS if name in options}
