"""Models in one line."""

from keras_vrae import decoders, encoders
from keras_vrae.models.vae import VAE
from keras_vrae.validation import check_event_shape


def build(
    encoder,
    input_shape,
    latent_dim=2,
    hidden_units=500,
    likelihood="bernoulli",
    decoder="dense",
    objective=None,
    seed=None,
    decoder_options=None,
    scaling=None,
    **encoder_options,
):
    """Makes an uncompiled `VAE` with the encoder of that name.

    Args:
        encoder: `"dense"`, `"lstm"` or `"gru"`.
        input_shape: shape of one example; for a recurrent encoder its first axis is time, of which
            None leaves the length open where the decoder is recurrent too.
        latent_dim: number of latent dimensions, Z.
        hidden_units: units of every hidden layer of encoder and decoder, H.
        likelihood: a `Likelihood`, or `"bernoulli"` or `"gaussian"`.
        decoder: `"dense"`, `"lstm"` or `"gru"`.
        objective: what training minimises; `ELBO()` when None.
        seed: whole number that fixes the noise of training, or None.
        decoder_options: further arguments of the decoder, a dict such as `{"inputs": "teacher"}`.
        scaling: a `Standardization` of the data, or None.
        **encoder_options: further arguments of the encoder, such as `bidirectional=True`.

    Returns:
        A `VAE`.

    Raises:
        SettingError: for an unknown name or a size that cannot be.

    Example:
        >>> vae = keras_vrae.build("lstm", input_shape=(8, 8), latent_dim=2, hidden_units=16)
        >>> vae.generate(3, seed=0).shape
        (3, 8, 8)
    """
    recurrent = decoder != "dense"
    input_shape = check_event_shape("input_shape", input_shape, any_length=recurrent)
    return VAE(
        encoder=encoders.make(
            encoder, latent_dim=latent_dim, hidden_units=hidden_units, **encoder_options
        ),
        decoder=decoders.make(
            decoder, event_shape=input_shape, hidden_units=hidden_units, **(decoder_options or {})
        ),
        likelihood=likelihood,
        objective=objective,
        seed=seed,
        scaling=scaling,
    )
