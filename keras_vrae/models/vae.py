"""The variational autoencoder as a Keras model."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_vrae import decoders, encoders, likelihoods, optimizers
from keras_vrae.models.batching import over_batches
from keras_vrae.models.data_checks import check_examples
from keras_vrae.models.feeding import FedModel
from keras_vrae.numerics import gaussian_kl, gaussian_log_ratio
from keras_vrae.objectives import ELBO, ElboTerms, Objective
from keras_vrae.sampling import GradientGate, Sampling
from keras_vrae.validation import SettingError, check_batch_shape, check_int, check_type, complaint


@keras.saving.register_keras_serializable(package="keras_vrae")
class VAE(FedModel):
    """A variational autoencoder: an inference network, a generative network, a bound to train on.

    It is an ordinary Keras model: `compile()`, `fit(x)`, `evaluate(x)`, `predict(x)` (which
    reconstructs), callbacks, `tf.data`, mixed precision, `tf.distribute` and `.keras` files work as
    they do anywhere. The loss is the objective, so `compile` takes an optimizer and no loss; labels
    that come with the data are ignored and `sample_weight` is honoured, with or without labels.

    `fit` and `evaluate` report, in nats and as (weighted) means over examples, `reconstruction`
    (`-E_q[log p(x|z)]`), `kl` (`KL(q(z|x) || p(z))`) and `loss`: the objective when training, and
    the negative evidence lower bound when evaluating, whatever the objective.

    Args:
        encoder: an `Encoder`.
        decoder: a `Decoder`.
        likelihood: a `Likelihood` or its name, `"bernoulli"` or `"gaussian"`.
        objective: what training minimises; `ELBO()` when None.
        seed: whole number that fixes the noise of training, or None.

    Example:
        >>> vae = keras_vrae.VAE(
        ...     encoder=keras_vrae.GRUEncoder(latent_dim=2, hidden_units=16),
        ...     decoder=keras_vrae.DenseDecoder(event_shape=(8, 8), hidden_units=16),
        ... )
        >>> vae.compile("adam")
        >>> history = vae.fit(np.zeros((32, 8, 8)), epochs=1, verbose=0)
        >>> sorted(history.history)
        ['kl', 'loss', 'reconstruction']
        >>> vae.encode(np.zeros((32, 8, 8))).z_mean.shape
        (32, 2)

    Reference:
        Kingma and Welling, 2013, arXiv 1312.6114; Rezende, Mohamed and Wierstra, 2014,
        arXiv 1401.4082; with a recurrent encoder Fabius and van Amersfoort, 2014, arXiv 1412.6581.
    """

    def __init__(
        self, encoder, decoder, likelihood="bernoulli", objective=None, seed=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.encoder = check_type("encoder", encoder, encoders.Encoder)
        self.decoder = check_type("decoder", decoder, decoders.Decoder)
        self.likelihood = likelihoods.get(likelihood)
        objective = ELBO() if objective is None else objective
        self.objective = check_type("objective", objective, Objective)
        self.sampling = Sampling(seed, dtype="float32", name="sampling")
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction")
        self.kl_tracker = keras.metrics.Mean(name="kl")
        self._compiled = {}
        # The decoder knows the shape of an example, so there is nothing to wait for.
        self.build((None, *self.event_shape))

    @property
    def latent_dim(self):
        """Number of latent dimensions, Z."""
        return self.encoder.latent_dim

    @property
    def steps_a_call(self):
        # A step of dense layers is so short that the way to TensorFlow and back shows.
        dense = isinstance(self.encoder, encoders.DenseEncoder)
        return 8 if dense and isinstance(self.decoder, decoders.DenseDecoder) else 1

    @property
    def event_shape(self):
        """Shape of one example."""
        return self.decoder.event_shape

    def build(self, input_shape):
        check_batch_shape("input_shape", input_shape, self.event_shape)
        children = [
            (self.encoder, input_shape),
            (self.decoder, (None, None, self.latent_dim)),
            (self.likelihood, (None, None, *self.event_shape)),
        ]
        for child, shape in children:
            if not child.built:
                child.build(shape)
            if not child.trainable:
                # A part that is made frozen, as from a file, has layers that do not know it yet,
                # and setting what is set already does nothing.
                child.trainable = True
                child.trainable = False
        self.built = True

    def call(self, x, mask=None, training=False):
        """Reconstructs x from its posterior mean: the mean of `p(x|z)` at `z = z_mean`."""
        check_batch_shape("x", x.shape, self.event_shape)
        posterior = self.encoder(x, mask=mask, training=training)
        return self.likelihood(self.decoder(posterior.z_mean))

    def elbo_terms(self, x, num_samples=None, training=False, seed=None, posterior=None):
        """The terms of the evidence lower bound of each example, as differentiable tensors.

        Args:
            x: one batch, `(B, ...)`.
            num_samples: posterior samples K; those of the objective when None.
            training: whether dropout is on.
            seed: a `keras.random.SeedGenerator` to draw from in place of the model's own.
            posterior: the `Posterior` of x, where it is known already.

        Returns:
            `ElboTerms`, in nats.
        """
        check_batch_shape("x", x.shape, self.event_shape)
        x = self._within_support(ops.cast(x, "float32"))
        if num_samples is None:
            num_samples = self.objective.num_samples
        posterior = self.encoder(x, training=training) if posterior is None else posterior
        if posterior.z_log_var is None:
            name = type(self.objective).__name__
            expected = f"one that gives z_log_var, as {name} draws z from q(z|x)"
            raise SettingError(complaint("encoder", expected, self.encoder))
        z = self.sampling(*posterior, num_samples=num_samples, seed=seed)
        gate, density_of = None, posterior
        if self.objective.doubly_reparameterized:
            gate = GradientGate()
            z, density_of = gate(z), map(ops.stop_gradient, posterior)
        return ElboTerms(
            log_likelihood=self.likelihood.log_prob(x, self.decoder(z)),
            kl_per_dimension=gaussian_kl(*posterior),
            log_ratio=gaussian_log_ratio(z, *density_of),
            gate=gate,
        )

    def _within_support(self, x):
        """Stops a step whose data the likelihood is not defined for, wherever they came from."""
        valid = self.likelihood.in_support(x)
        name = type(self.likelihood).__name__
        expected = f"`x` must hold {self.likelihood.support} for the {name} likelihood"
        tf.debugging.Assert(ops.all(valid), [expected], summarize=1)
        # XLA leaves assertions out; there such values make the loss NaN, which nobody overlooks.
        return ops.where(valid, x, float("nan"))

    # Training and evaluation.

    def compile(
        self,
        optimizer="adam",
        loss=None,
        loss_weights=None,
        metrics=None,
        weighted_metrics=None,
        **kwargs,
    ):
        """Sets the optimizer; the other arguments are those of `keras.Model.compile`.

        Raises:
            SettingError: for the arguments about losses and metrics, which compare a prediction
                with a label. The loss of a VAE is its objective.
        """
        refused = {
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
        }
        for name, value in refused.items():
            if value is not None:
                reason = "left out of compile(): a VAE trains on VAE(objective=...), without labels"
                raise SettingError(complaint(name, reason, value))
        optimizer = optimizers.Adam() if optimizer == "adam" else optimizer
        super().compile(optimizer=optimizer, **kwargs)

    def compile_from_config(self, config):
        # Keras leaves a model whose compile() is its own uncompiled unless it says how.
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    @property
    def metrics(self):
        return [self.loss_tracker, self.reconstruction_tracker, self.kl_tracker]

    def check_data(self, x):
        check_examples(x, self.event_shape, self.likelihood)

    def train_step(self, data):
        x, _, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        step = self.optimizer.iterations
        changing_weights = self.objective.changing_weights(step)
        with tf.GradientTape() as tape:
            terms = self.elbo_terms(x, training=True)
            losses, penalties = self.objective(terms, step), sum(self.losses)
            loss = ops.mean(_weighted(losses, sample_weight)) + penalties
            # The optimizer sums gradients over replicas.
            replicas = tf.distribute.get_strategy().num_replicas_in_sync
            scaled_loss = self.optimizer.scale_loss(loss / replicas)
        weights = self.trainable_weights
        self.optimizer.apply(tape.gradient(scaled_loss, weights), weights)
        figures = self._update_metrics(losses + penalties, terms, sample_weight)
        return {**figures, **changing_weights}

    def test_step(self, data):
        x, _, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        terms = self.elbo_terms(x)
        return self._update_metrics(-terms.elbo, terms, sample_weight)

    def _update_metrics(self, losses, terms, sample_weight):
        figures = (losses, terms.reconstruction, terms.kl)
        for tracker, values in zip(self.metrics, figures, strict=True):
            tracker.update_state(values, sample_weight)
        return {tracker.name: tracker.result() for tracker in self.metrics}

    # Use after training. These take and return whole NumPy arrays.

    def encode(self, x, batch_size=512):
        """The approximate posterior of each example.

        Args:
            x: examples, `(N, ...)`.
            batch_size: examples to work on at a time.

        Returns:
            `Posterior(z_mean, z_log_var)`, two NumPy arrays of shape `(N, Z)`.
        """
        self.check_data(x)
        return self._over_batches("encode", self.encoder, x, batch_size)

    def decode(self, z, batch_size=512):
        """The mean of `p(x|z)` for each row of z: `(N, Z)` becomes `(N, ...)`, a NumPy array."""
        z = np.asarray(z, "float32")
        if z.ndim != 2 or z.shape[1] != self.latent_dim or not len(z):
            expected = f"of shape (examples, {self.latent_dim})"
            raise SettingError(complaint("z", expected, z.shape, of=".shape"))
        return self._over_batches("decode", self._decode_mean, z, batch_size)

    def reconstruct(self, x, batch_size=512):
        """The mean of `p(x|z)` at the posterior mean of each example, a NumPy array like x."""
        return self.decode(self.encode(x, batch_size).z_mean, batch_size)

    def generate(self, num_samples, seed=None, draw=False):
        """New examples: `z ~ p(z)`, then the mean of `p(x|z)`.

        Args:
            num_samples: how many.
            seed: whole number that makes the call repeatable, or None.
            draw: whether to draw x from `p(x|z)` in place of taking its mean.

        Returns:
            NumPy array of shape `(num_samples, ...)`.
        """
        num_samples = check_int("num_samples", num_samples)
        seeds = keras.random.SeedGenerator(seed)
        z = ops.convert_to_numpy(keras.random.normal((num_samples, self.latent_dim), seed=seeds))
        if not draw:
            return self.decode(z)
        parameters = self._over_batches("parameters", self.decoder, z, batch_size=512)
        return ops.convert_to_numpy(self.likelihood.sample(parameters, seed=seeds))

    def _decode_mean(self, z):
        return self.likelihood(self.decoder(z))

    def _over_batches(self, name, function, array, batch_size):
        """Applies `function` to `array` in batches; compiles it the first time it is named."""
        if name not in self._compiled:
            self._compiled[name] = over_batches(function, np.shape(array)[1:])
        return self._compiled[name](array, batch_size)

    def get_config(self):
        children = {
            "encoder": self.encoder,
            "decoder": self.decoder,
            "likelihood": self.likelihood,
            "objective": self.objective,
        }
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            **{name: serialize(child) for name, child in children.items()},
            "seed": self.sampling.seed,
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        for name in ("encoder", "decoder", "likelihood", "objective"):
            config[name] = keras.saving.deserialize_keras_object(config[name])
        return cls(**config)


def _weighted(values, sample_weight):
    """`values` of shape `(B,)` times the weights, which count as 1 where there are none."""
    if sample_weight is None:
        return values
    return values * ops.reshape(ops.cast(sample_weight, "float32"), (-1,))
