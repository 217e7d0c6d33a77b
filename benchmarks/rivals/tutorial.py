"""A VAE in Keras the way its tutorials teach it: a model with a training step of its own."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops


class Sampling(layers.Layer):
    """Draws z from its posterior."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(0)

    def call(self, inputs):
        z_mean, z_log_var = inputs
        noise = keras.random.normal(ops.shape(z_mean), seed=self.seed_generator)
        return z_mean + ops.exp(0.5 * z_log_var) * noise


def make_encoder(task, event_shape):
    """Images in; z_mean, z_log_var and z out."""
    inputs = keras.Input(event_shape)
    if task.encoder == "dense":
        hidden = layers.Flatten()(inputs)
        for _ in range(2):
            hidden = layers.Dense(task.hidden_units, activation="relu")(hidden)
    else:
        kind = {"lstm": layers.LSTM, "gru": layers.GRU}[task.encoder]
        hidden = kind(task.hidden_units)(inputs)
    z_mean = layers.Dense(2, name="z_mean")(hidden)
    z_log_var = layers.Dense(2, name="z_log_var")(hidden)
    return keras.Model(inputs, [z_mean, z_log_var, Sampling()([z_mean, z_log_var])])


def make_decoder(task, event_shape):
    """z in, probabilities of the values out."""
    inputs = keras.Input((2,))
    hidden = inputs
    for _ in range(2):
        hidden = layers.Dense(task.hidden_units, activation="relu")(hidden)
    outputs = layers.Dense(event_shape[0] * event_shape[1], activation="sigmoid")(hidden)
    return keras.Model(inputs, layers.Reshape(event_shape)(outputs))


class VAE(keras.Model):
    """Encoder and decoder, trained on the evidence lower bound."""

    def __init__(self, encoder, decoder, **kwargs):
        super().__init__(**kwargs)
        self.encoder, self.decoder = encoder, decoder
        names = ("total_loss", "reconstruction_loss", "kl_loss")
        self.trackers = [keras.metrics.Mean(name=name) for name in names]

    @property
    def metrics(self):
        return self.trackers

    def train_step(self, data):
        with tf.GradientTape() as tape:
            z_mean, z_log_var, z = self.encoder(data)
            values = data[..., None]
            probabilities = self.decoder(z)[..., None]
            cross_entropy = keras.losses.binary_crossentropy(values, probabilities)
            reconstruction = ops.mean(ops.sum(cross_entropy, axis=(1, 2)))
            kl = -0.5 * (1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var))
            kl = ops.mean(ops.sum(kl, axis=1))
            total_loss = reconstruction + kl
        gradients = tape.gradient(total_loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        for tracker, value in zip(self.trackers, (total_loss, reconstruction, kl), strict=True):
            tracker.update_state(value)
        return {metric.name: metric.result() for metric in self.metrics}


def make(task, variant=None):
    """Returns the turns of `harness.Contender`.

    With the variant `"dataset"` a `tf.data` pipeline without an autotuner feeds the model, so that
    an epoch does not wait for that at its end; with None an array does.
    """
    x = np.load(task.images)
    keras.utils.set_random_seed(0)
    vae = VAE(make_encoder(task, x.shape[1:]), make_decoder(task, x.shape[1:]))
    vae.compile(optimizer=keras.optimizers.Adam())
    if variant == "dataset":
        options = tf.data.Options()
        options.autotune.enabled = False
        data = tf.data.Dataset.from_tensor_slices(x).shuffle(len(x)).batch(task.batch_size)
        data = data.prefetch(2).with_options(options)
        return {"train": lambda: vae.fit(data, epochs=task.epochs, shuffle=False, verbose=0)}
    passes = {"batch_size": task.batch_size, "epochs": task.epochs}
    return {
        "train": lambda: vae.fit(x, **passes, verbose=0),
        "encode": lambda: vae.encoder.predict(x, batch_size=task.encode_batch, verbose=0),
    }
