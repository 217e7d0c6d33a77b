"""The variational autoencoder as a Keras model."""

import keras
import tensorflow as tf
from keras import ops

from keras_vrae import decoders, encoders, likelihoods, sequences
from keras_vrae.backend.tensorflow import adam as optimizers
from keras_vrae.backend.tensorflow.feeding import FedModel
from keras_vrae.backend.tensorflow.replicas import share_of_examples
from keras_vrae.layers.sampling import GradientGate, Sampling
from keras_vrae.layers.standardization import Standardization
from keras_vrae.models.data_checks import check_examples
from keras_vrae.models.inference import Inference
from keras_vrae.numerics import gaussian_kl, gaussian_log_ratio
from keras_vrae.objectives.objectives import ELBO, ElboTerms, Objective
from keras_vrae.validation import SettingError, check_batch_shape, check_type, complaint


@keras.saving.register_keras_serializable(package="keras_vrae")
class VAE(Inference, FedModel):
    """A variational autoencoder: an inference network, a generative network, a bound to train on.

    It is an ordinary Keras model: `compile()`, `fit(x)`, `evaluate(x)`, `predict(x)` (which
    reconstructs), callbacks, `tf.data`, mixed precision, `tf.distribute` and `.keras` files work as
    they do anywhere. The loss is the objective, so `compile` takes an optimizer and no loss; labels
    that come with the data are ignored and `sample_weight` is honoured, with or without labels.

    Examples are one array. Sequences of unequal length are a dict
    `{"x": (N, T, ...), "lengths": (N,)}`, as `keras_vrae.sequences.pad` makes it, or a plain list
    of arrays: of each only the first `lengths[n]` steps are read and counted, and what stands after
    them makes no difference. Such a dict may be wherever an example may be, in `tf.data` too. A
    model whose decoder has an `event_shape` that begins with None takes any T.

    Where a dataset gives pairs `((x, target), y)`, the encoder reads x, and training maximises the
    likelihood of the target: that of words weighted by how telling they are, of a cleaner copy.

    `fit` and `evaluate` report, in nats and as (weighted) means over examples, `reconstruction`
    (`-E_q[log p(x|z)]`), `kl` (`KL(q(z|x) || p(z))`) and `loss`: the objective when training, and
    the negative evidence lower bound when evaluating, whatever the objective.

    Args:
        encoder: an `Encoder`.
        decoder: a `Decoder`.
        likelihood: a `Likelihood`, or `"bernoulli"` or `"gaussian"`.
        objective: what training minimises; `ELBO()` when None.
        seed: whole number that fixes the noise of training, or None.
        scaling: a `Standardization` between the units of the data and those of the networks and
            the likelihood, so that figures in nats are of standardized values; or None.
        vectorizer: a `keras_vrae.layers.TextVectorizer` that made x of texts, or None. It is not
            used in training; it travels with the model.
        binarizer: a `MedianBinarizer` that makes hash codes of means, or None; likewise.

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
        self,
        encoder,
        decoder,
        likelihood="bernoulli",
        objective=None,
        seed=None,
        scaling=None,
        vectorizer=None,
        binarizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vectorizer, self.binarizer = vectorizer, binarizer
        self.encoder = check_type("encoder", encoder, encoders.Encoder)
        self.decoder = check_type("decoder", decoder, decoders.Decoder)
        self.likelihood = likelihoods.get(likelihood)
        objective = ELBO() if objective is None else objective
        self.objective = check_type("objective", objective, Objective)
        self.scaling = (
            scaling if scaling is None else check_type("scaling", scaling, Standardization)
        )
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
        return 16 if dense and isinstance(self.decoder, decoders.DenseDecoder) else 1

    @property
    def shared_dim(self):
        """Number of latent dimensions, the first ones, that stand for what labels tell."""
        return self.latent_dim

    @property
    def event_shape(self):
        """Shape of one example."""
        return self.likelihood.example_shape(self.decoder.event_shape)

    def build(self, input_shape):
        check_batch_shape("input_shape", input_shape, self.event_shape)
        children = [
            (self.encoder, input_shape),
            (self.decoder, (None, None, self.latent_dim)),
            (self.likelihood, (None, None, *self.decoder.event_shape)),
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
        """Reconstructs x from its posterior mean: the mean of `p(x|z)` at `z = z_mean`.

        A decoder that reads x is given none: it reads what it wrote.
        """
        padded = sequences.is_padded(x)
        if padded or mask is None:
            x, mask = self.read(x)
        else:
            x = self.standardize(x, mask)
        posterior = self.encoder(x, mask=mask, training=training)
        mean = self.mean(posterior.z_mean, steps=x.shape[1] or ops.shape(x)[1])
        return sequences.blank(mean, mask) if padded else mean

    def read(self, inputs):
        """One batch as the networks take it: x float32, and the mask `(B, T)` or None.

        A `tf.SparseTensor` stays one where the encoder reads such.
        """
        sparse = self.encoder.reads_sparse and self.scaling is None
        x, mask = sequences.read(inputs, sparse)
        check_batch_shape("x", x.shape, self.event_shape)
        return self.standardize(x, mask), mask

    def standardize(self, x, mask=None):
        """Values of one batch in the units of the networks, with zeros where a mask is False."""
        if self.scaling is None:
            return x
        x = self.scaling(x)
        return x if mask is None else sequences.blank(x, mask)

    def in_units_of_data(self, x):
        """Values of one batch in the units of the data."""
        return x if self.scaling is None else self.scaling.inverse(x)

    def posterior(self, x, training=False):
        """`q(z|x)` of one batch, a `Posterior` of tensors `(B, Z)`; x as in `elbo_terms`."""
        x, mask = self.read(x)
        return self.encoder(x, mask=mask, training=training)

    def parameters(self, z, x=None, steps=None, training=False):
        """What the decoder makes of z `(K, B, Z)`, reading x `(B, ...)` where it reads any."""
        if not self.decoder.sequential:
            return self.decoder(z)
        return self.decoder(z, x=x, steps=steps, read=self.likelihood, training=training)

    def elbo_terms(
        self, x, num_samples=None, training=False, seed=None, posterior=None, target=None
    ):
        """The terms of the evidence lower bound of each example, as differentiable tensors.

        Args:
            x: one batch, `(B, ...)` or a dict of padded sequences and their lengths.
            num_samples: posterior samples K; those of the objective when None.
            training: whether dropout is on.
            seed: a `keras.random.SeedGenerator` to draw from in place of the model's own.
            posterior: the `Posterior` of x, where it is known already.
            target: what the likelihood is to be of in the place of x, or None.

        Returns:
            `ElboTerms`, in nats.
        """
        x, mask = self.read(x)
        x = self._within_support(x)
        if num_samples is None:
            num_samples = self.objective.num_samples
        if posterior is None:
            posterior = self.encoder(x, mask=mask, training=training)
        if posterior.z_log_var is None:
            name = type(self.objective).__name__
            expected = f"one that gives z_log_var, as {name} draws z from q(z|x)"
            raise SettingError(complaint("encoder", expected, self.encoder))
        x = ops.convert_to_tensor(x, sparse=False)
        z = self.sampling(*posterior, num_samples=num_samples, seed=seed)
        drawn, gate, density_of = z, None, posterior
        if self.objective.doubly_reparameterized:
            gate = GradientGate()
            z, density_of = gate(z), map(ops.stop_gradient, posterior)
        log_prob = self.likelihood.log_prob
        if target is not None:
            log_prob = self.likelihood.target_log_prob
        return ElboTerms(
            log_likelihood=log_prob(
                x if target is None else target,
                self.parameters(z, x, training=training),
                *([] if mask is None else [mask]),
            ),
            kl_per_dimension=gaussian_kl(*posterior),
            log_ratio=gaussian_log_ratio(z, *density_of),
            gate=gate,
            z=drawn,
        )

    def _within_support(self, x):
        """Stops a step whose data the likelihood is not defined for, wherever they came from."""
        valid = ops.all(self.likelihood.in_support(getattr(x, "values", x)))
        name = type(self.likelihood).__name__
        expected = f"`x` must hold {self.likelihood.support} for the {name} likelihood"
        tf.debugging.Assert(valid, [expected], summarize=1)
        # XLA leaves assertions out; there such values make the loss NaN, which nobody overlooks.
        return x * tf.where(valid, 1.0, float("nan"))

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
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        x, target = x if isinstance(x, tuple) else (x, None)
        step = self.optimizer.iterations
        changing_weights = self.objective.changing_weights(step)
        share = share_of_examples(ops.shape(sequences.array_of(x))[0])
        with tf.GradientTape() as tape:
            terms = self.elbo_terms(x, training=True, target=target)
            losses, penalties = self.training_losses(terms, y, step), sum(self.losses)
            loss = ops.mean(_weighted(losses, sample_weight)) + penalties
            # The optimizer sums gradients over replicas.
            scaled_loss = self.optimizer.scale_loss(loss * share)
        weights = self.trainable_weights
        self.optimizer.apply(tape.gradient(scaled_loss, weights), weights)
        figures = self.update_metrics(losses + penalties, terms, y, sample_weight)
        return {**figures, **changing_weights}

    def test_step(self, data):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        terms = self.elbo_terms(x)
        return self.update_metrics(-terms.elbo, terms, y, sample_weight)

    def training_losses(self, terms, y, step):
        """What training minimises for each example, `(B,)`; the labels y may be None."""
        return self.objective(terms, step)

    def update_metrics(self, losses, terms, y, sample_weight):
        """Adds a batch to the metrics and returns their values by name."""
        for tracker, values in (
            (self.loss_tracker, losses),
            (self.reconstruction_tracker, terms.reconstruction),
            (self.kl_tracker, terms.kl),
        ):
            tracker.update_state(values, sample_weight)
        return {tracker.name: tracker.result() for tracker in self.metrics}

    def get_config(self):
        children = {
            "encoder": self.encoder,
            "decoder": self.decoder,
            "likelihood": self.likelihood,
            "objective": self.objective,
            "scaling": self.scaling,
            "vectorizer": self.vectorizer,
            "binarizer": self.binarizer,
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
        parts = ("encoder", "decoder", "likelihood", "objective")
        # Files of older versions have none of the others.
        for name in (*parts, "scaling", "vectorizer", "binarizer"):
            part = config.get(name)
            config[name] = part and keras.saving.deserialize_keras_object(part)
        return cls(**config)


def _weighted(values, sample_weight):
    """`values` of shape `(B,)` times the weights, which count as 1 where there are none."""
    if sample_weight is None:
        return values
    return values * ops.reshape(ops.cast(sample_weight, "float32"), (-1,))
