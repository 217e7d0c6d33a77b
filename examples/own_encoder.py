"""An encoder that is not part of the package: `python examples/own_encoder.py`.

`AttentionEncoder` looks at all steps of a sequence at once (Vaswani et al., 2017, arXiv 1706.03762)
instead of one after the other. It is a subclass of `keras_vrae.Encoder`, whose docstring has the
contract; everything else of the package works with it as with the encoders that are there: here it
is trained beside a GRU on handwritten digits, whose rows are the steps, saved, loaded and exported.
The files go to `own_encoder/`, or the folder that is named as an argument.
"""

import sys
from pathlib import Path

import keras
import numpy as np
from keras import ops

import keras_vrae
from keras_vrae import evaluation, serving


@keras.saving.register_keras_serializable(package="examples")
class AttentionEncoder(keras_vrae.Encoder):
    """Reads a sequence by self-attention.

    Args:
        latent_dim: number of latent dimensions, Z.
        units: size of the vector of each step, H; a multiple of `num_heads`.
        num_heads: number of attention heads.
    """

    def __init__(self, latent_dim, units=64, num_heads=4, **kwargs):
        super().__init__(latent_dim, **kwargs)
        self.units, self.num_heads = units, num_heads
        self.projection = keras.layers.Dense(units)
        self.attention = keras.layers.MultiHeadAttention(num_heads, units // num_heads)
        self.normalization = keras.layers.LayerNormalization()
        self.dense = keras.layers.Dense(units, activation="relu")

    def build_features(self, input_shape):
        # Of an event (T, ...), the axes after the first are the features of a step.
        self.features_of_step = int(np.prod(input_shape[2:]))
        steps = (None, None, self.units)
        self.projection.build((None, None, self.features_of_step))
        self.attention.build(steps, steps)
        self.normalization.build(steps)
        self.dense.build(steps)
        return (None, self.units)

    def features(self, x, mask=None, training=False):
        # Padding may hold anything, so that it is set to zero before it is multiplied.
        x = self.without_masked(x, mask)
        x = ops.reshape(x, (ops.shape(x)[0], -1, self.features_of_step))
        steps = self.projection(x) + self.positions(ops.shape(x)[1])
        attention_mask = None if mask is None else mask[:, None, :]
        attended = self.attention(steps, steps, attention_mask=attention_mask, training=training)
        steps = self.dense(self.normalization(steps + attended))
        if mask is None:
            return ops.mean(steps, axis=1)
        weights = ops.cast(mask, steps.dtype)[:, :, None]
        return ops.sum(steps * weights, axis=1) / ops.sum(weights, axis=1)

    def positions(self, length):
        """Sines and cosines of the position of each step, `(T, H)`."""
        rates = 10_000.0 ** (-np.arange(self.units // 2) / (self.units // 2))
        angles = ops.arange(length, dtype="float32")[:, None] * rates.astype("float32")
        angles = ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=1)
        return ops.cast(angles, self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "num_heads": self.num_heads}


def train(encoder, digits, epochs):
    """Trains a VAE with that encoder, and prints what its codes know of the digits."""
    vae = keras_vrae.build(encoder, (8, 8), hidden_units=64, likelihood="gaussian", seed=0)
    vae.compile(keras_vrae.optimizers.Adam(2e-3))
    vae.fit(digits.train.x, batch_size=32, epochs=epochs, verbose=0)
    loss = vae.evaluate(digits.test.x, batch_size=512, verbose=0, return_dict=True)["loss"]
    codes = [(vae.encode(part.x).z_mean, part.y) for part in (digits.train, digits.test)]
    accuracy = evaluation.knn_accuracy(*codes)
    print(f"{type(vae.encoder).__name__}: ELBO {-loss:.2f} nats, kNN accuracy {accuracy:.3f}")
    return vae


def main(folder="own_encoder", epochs=20):
    """Trains with both encoders, and does with the own one what the package does with its own."""
    folder, digits = Path(folder), keras_vrae.datasets.load("digits")
    keras.utils.set_random_seed(0)
    train("gru", digits, int(epochs))
    vae = train(AttentionEncoder(latent_dim=2), digits, int(epochs))

    folder.mkdir(exist_ok=True)
    vae.save(folder / "model.keras")
    loaded = keras.saving.load_model(folder / "model.keras")
    x = digits.test.x[:8]
    assert np.array_equal(loaded.encode(x).z_mean, vae.encode(x).z_mean)
    print(f"saved and loaded: {folder / 'model.keras'}")
    exported = serving.export(loaded, folder / "serving")
    print(f"exported for TF Serving: {exported.paths['encoder']}")


if __name__ == "__main__":
    main(*sys.argv[1:])
