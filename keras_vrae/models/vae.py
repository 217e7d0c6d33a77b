"""The variational autoencoder as a Keras model."""

from typing import Any

import keras
from keras import ops

from keras_vrae import decoders, encoders, likelihoods, objectives, priors, sequences
from keras_vrae.batch import Batch
from keras_vrae.layers import GradientGate, Sampling, Standardization, TextVectorizer
from keras_vrae.models.hashing import MedianBinarizer
from keras_vrae.models.inference import Inference
from keras_vrae.models.parts import deserialize_parts, freeze, frozen_layers, serialize_parts
from keras_vrae.objectives import ElboTerms
from keras_vrae.types import Shape, Tensor
from keras_vrae.validation import check_batch_shape, check_type

PARTS = ("encoder", "decoder", "likelihood", "prior", "objective")
TOOLS = ("standardization", "vectorizer", "binarizer")


@keras.saving.register_keras_serializable(package="keras_vrae")
class VAE(Inference):
    """A variational autoencoder: an inference network, a generative network, a bound to train on.

    It is an ordinary Keras model: `compile()`, `fit(x)`, `evaluate(x)`, `predict(x)` (which
    reconstructs), callbacks, `tf.data`, mixed precision, `tf.distribute` and `.keras` files work as
    they do anywhere. The loss is the objective, so `compile` takes an optimizer and not a loss;
    labels that come with the data are ignored and `sample_weight` is honoured.

    Examples are one array. Sequences of unequal length are a dict
    `{"x": (N, T, ...), "lengths": (N,)}`, as `keras_vrae.sequences.pad` makes it, or a plain list
    of arrays or DataFrames: only the first `lengths[n]` steps of each are read, and the values
    after them make no difference. Such a dict may replace an example anywhere, in `tf.data` too. A
    model whose decoder has an `event_shape` that begins with None takes any T. A DataFrame has an
    example in each row; `keras_vrae.datasets.from_dataframe` reads one with a row for each step,
    and what it returns is taken as well. Series of one channel may come as `(N, T)`.

    In `fit(x, target)` with a target shaped like x, or with pairs `((x, target), y)`, the encoder
    reads x and training maximises the likelihood of the target: a cleaner copy, say.

    `fit` and `evaluate` report, in nats and as (weighted) means over examples, `reconstruction`
    (`-E_q[log p(x|z)]`), `kl` (`KL(q(z|x) || p(z))`) and `loss`: the objective in training, and
    the negative evidence lower bound in evaluation, whatever the objective.

    Args:
        encoder: an `Encoder`.
        decoder: a `Decoder`.
        likelihood: a `Likelihood` or its name, such as `"bernoulli"` or `"gaussian"`.
        prior: a `Prior` or its name: `"normal"`, `"mixture"` or `"vamp"`.
        objective: the `Objective` that training minimises, or its name; `ELBO()` if None.
        seed: whole number that fixes the noise of training, or None.
        standardization: a `Standardization` between the units of the data and those of the networks
            and the likelihood, so that values in nats are of standardized data; or None.
        vectorizer: a `keras_vrae.layers.TextVectorizer` that makes x of texts, or None. Training
            does not use it; it travels with the model.
        binarizer: a `MedianBinarizer` that makes hash codes of means, or None; the same holds.

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
        encoder: encoders.Encoder,
        decoder: decoders.Decoder,
        likelihood: likelihoods.Likelihood | str | dict[str, Any] = "bernoulli",
        objective: objectives.Objective | str | dict[str, Any] | None = None,
        seed: int | None = None,
        standardization: Standardization | None = None,
        vectorizer: TextVectorizer | None = None,
        binarizer: MedianBinarizer | None = None,
        prior: priors.Prior | str | dict[str, Any] = "normal",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.vectorizer, self.binarizer = vectorizer, binarizer
        self.encoder = check_type("encoder", encoder, encoders.Encoder)
        self.decoder = check_type("decoder", decoder, decoders.Decoder)
        self.likelihood, self.prior = likelihoods.get(likelihood), priors.get(prior)
        self.objective = objectives.get("elbo" if objective is None else objective)
        self.objective.check_prior(self.prior)
        if standardization is not None:
            check_type("standardization", standardization, Standardization).check_precision()
        self.standardization = standardization
        self.sampling = Sampling(seed, dtype="float32", name="sampling")
        # The decoder knows the shape of an example, so there is nothing to wait for.
        self.build((None, *self.event_shape))

    def build(self, input_shape: Shape) -> None:
        check_batch_shape("input_shape", input_shape, self.event_shape)
        self.encoder.connect(self.likelihood)
        self.decoder.connect(self.likelihood)
        self.prior.connect(self.encoder, self.likelihood, self.event_shape)
        z = (None, None, self.latent_dim)
        parameters = (None, None, *self.decoder.parameters_shape)
        parts = ((self.encoder, input_shape), (self.decoder, z), (self.likelihood, parameters))
        for part, shape in (*parts, (self.prior, z), (self.sampling, (z[1:], z[1:]))):
            if not part.built:
                part.build(shape)
            freeze(part)
        self.built = True

    def elbo_terms(
        self,
        batch: Batch,
        num_samples: int = 1,
        noise: Tensor | keras.random.SeedGenerator | None = None,
        training: bool = False,
        posterior: encoders.Posterior | None = None,
        analytic_kl: bool = True,
        gate: GradientGate | None = None,
    ) -> ElboTerms:
        """The terms of the evidence lower bound of each example, as differentiable tensors.

        Args:
            batch: a `Batch`, as `batch_of` makes it.
            num_samples: posterior samples of each example, K.
            noise: standard normal values `(K, B, Z)`; or a `keras.random.SeedGenerator` to draw
                them from; or None for the model's own generator.
            training: whether dropout is on.
            posterior: the `Posterior` of the batch, if it is known already.
            analytic_kl: whether the KL is in closed form if the prior has one.
            gate: a `GradientGate` that z passes, after which `log q(z|x)` has a gradient through z
                alone; or None.

        Returns:
            `ElboTerms`, in nats.
        """
        q = posterior or self.encoder(batch.x, mask=batch.mask, training=training)  # q(z|x)
        z = self.sampling(q, num_samples=num_samples, noise=noise)  # (K, B, Z)
        q, gated = (q, z) if gate is None else (q.without_gradient(), gate(z))
        p = self.decoder(gated, batch=batch, training=training)  # The parameters of p(x|z).
        return ElboTerms(
            self.likelihood.log_prob(batch.target, p, batch.mask),
            q.log_prob(gated),
            self.prior.log_prob(gated),
            *self.prior.divergence(q, gated, analytic_kl),
            z,
            p,
            gate,
        )

    def training_losses(self, batch: Batch, step: Tensor | int) -> tuple[Tensor, ElboTerms]:
        objective = self.objective
        terms = self.elbo_terms(
            self.within_support(batch),
            objective.num_samples,
            training=True,
            analytic_kl=objective.analytic_kl,
            gate=GradientGate() if objective.doubly_reparameterized else None,
        )
        return objective(terms, step), terms

    def evaluation_losses(self, batch: Batch) -> tuple[Tensor, ElboTerms]:
        terms = self.elbo_terms(self.within_support(batch), self.objective.num_samples)
        return -terms.elbo, terms

    def call(self, x: Tensor, mask: Tensor | None = None, training: bool = False) -> Tensor:
        """Reconstructs x from its posterior mean: the mean of `p(x|z)` at `z = z_mean`.

        A decoder that reads x reads what it wrote itself.
        """
        batch = self.batch_of((x,), mask=mask)
        posterior = self.encoder(batch.x, mask=batch.mask, training=training)
        mean = self.mean(posterior.z_mean, steps=batch.x.shape[1] or ops.shape(batch.x)[1])
        return sequences.blank(mean, batch.mask) if sequences.is_padded(x) else mean

    def mean(self, z: Tensor, steps: int | Tensor | None = None) -> Tensor:
        """The mean of `p(x|z)` for each row of z, in the units of the data."""
        return self.in_units_of_data(self.decoder.write(z, self.likelihood, steps)[1])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            **serialize_parts(self, PARTS + TOOLS),
            "seed": self.sampling.seed,
            "frozen_layers": frozen_layers(self),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "VAE":
        config, frozen = deserialize_parts(config, PARTS + TOOLS)
        model = cls(**config)
        freeze(model, frozen)
        return model
