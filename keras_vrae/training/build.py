"""Models of runs, built and compiled from their settings."""

from typing import Any, cast

import keras
import numpy as np

from keras_vrae import optimizers, priors
from keras_vrae.datasets import Splits
from keras_vrae.datasets.pipeline import steps_in_epoch
from keras_vrae.datasets.text import TextData
from keras_vrae.datasets.text.targets import Targets
from keras_vrae.datasets.text.vectors import read_vectors
from keras_vrae.layers import Standardization
from keras_vrae.likelihoods import Categorical, Gaussian
from keras_vrae.likelihoods.gaussian import LARGEST, SMALLEST
from keras_vrae.models import VAE, build, build_text
from keras_vrae.objectives import ELBO, IWAE, Objective, schedules
from keras_vrae.priors import Prior
from keras_vrae.training.checks import CYCLES
from keras_vrae.training.experiment import ExperimentConfig
from keras_vrae.validation import SettingError, complaint

TEXT_LAST_RATE = 0.1
PSEUDO_INPUT_STEPS = 32  # Of a VampPrior for sequences of any length.


def make_model(config: ExperimentConfig, splits: Splits) -> VAE:
    """Builds and compiles the model of these settings.

    Args:
        config: an `ExperimentConfig`.
        splits: its data.

    Returns:
        A compiled `VAE`.
    """
    in_epoch = steps_in_epoch(splits.train, config.batch_size)
    steps = config.epochs_of(in_epoch) * in_epoch
    if config.is_text:
        model = make_text_model(config, splits, make_objective(config, steps))
        return _compile(model, config, steps)
    likelihood, spec = config.likelihood, splits.spec
    standardization = None
    if spec.standardization:
        mean, scale = spec.standardization["mean"], spec.standardization["scale"]
        standardization = Standardization(mean, scale)
    if likelihood == "gaussian":
        deviation = 1.0 if spec.standardization else splits.train.deviation
        initial_scale = min(max(deviation, SMALLEST), LARGEST)
        likelihood = Gaussian(config.likelihood_scale, initial_scale)
    if likelihood == "categorical":
        likelihood = Categorical(cast(int, spec.num_categories))
    model = build(
        config.encoder,
        input_shape=spec.event_shape,
        hidden_units=config.hidden_units,
        decoder=config.decoder,
        decoder_options=config.decoder_options,
        **config.encoder_options,
        likelihood=likelihood,
        prior=make_prior(config, None if spec.event_shape[0] else PSEUDO_INPUT_STEPS),
        objective=make_objective(config, steps),
        seed=config.seed,
        standardization=standardization,
        **latent_and_labels(config, splits),
    )
    adapt_prior(model, config, splits)
    return _compile(model, config, steps)


def make_prior(config: ExperimentConfig, length: int | None = None) -> Prior:
    """Returns the prior of these settings.

    Args:
        config: an `ExperimentConfig`.
        length: time steps of the pseudo-inputs of a VampPrior for sequences of any length.
    """
    if config.prior == "normal":
        return priors.get("normal")
    if config.prior == "mixture":
        return priors.get("mixture", num_components=config.prior_components)
    return priors.get(
        "vamp",
        num_pseudo_inputs=config.prior_components,
        # Gradients do not reach whole numbers.
        learned=config.likelihood not in ("categorical", "multinomial"),
        length=length,
    )


def adapt_prior(model: VAE, config: ExperimentConfig, splits: Splits) -> None:
    """Starts the pseudo-inputs of a VampPrior from training examples."""
    if config.prior != "vamp":
        return
    train = splits.train.sample()
    if config.prior_components > train.size:
        expected = f"at most the {train.size} training examples"
        raise SettingError(complaint("prior_components", expected, config.prior_components))
    x = train.inputs
    if model.standardization is not None:
        values = model.standardization.of_array(train.x)
        x = values if train.lengths is None else {"x": values, "lengths": train.lengths}
    model.prior.adapt(x, config.seed)


def latent_and_labels(config: ExperimentConfig, splits: Splits) -> dict[str, Any]:
    """Returns the arguments of `build` for latent dimensions and labels, a dict."""
    if config.supervision == "none":
        return {"latent_dim": config.latent_dim}
    if not splits.spec.num_classes:
        expected = "'none' for data without labels"
        raise SettingError(complaint("supervision", expected, config.supervision))
    private_dim = config.latent_dim if config.supervision == "private" else 0
    return {
        "latent_dim": config.latent_dim + private_dim,
        "num_classes": splits.spec.num_classes,
        "private_dim": private_dim,
        "weight": config.supervision_weight,
    }


def make_text_model(config: ExperimentConfig, splits: Splits, objective: Objective) -> VAE:
    """Builds the model of documents with these settings, not compiled."""
    text = splits.spec.text
    options = latent_and_labels(config, splits)
    options.update(
        bounded=config.bounded,
        fixed_scale=config.posterior_scale or None,
        balance=config.balance,
    )
    if config.encoder == "dense":
        options.update(
            weighting=config.text_weighting,
            scale=config.term_scale,
            idf_power=config.idf_power,
            word_dropout=config.term_dropout,
        )
    else:
        options.update(embedding_dim=config.embedding_dim, dropout=config.term_dropout)
    model = build_text(
        config.encoder,
        text.vocabulary,
        hidden_units=config.hidden_units,
        max_length=text.settings.max_length,
        objective=objective,
        seed=config.seed,
        prior=make_prior(config, None if config.encoder == "dense" else text.settings.max_length),
        **options,
    )
    if config.encoder == "dense":
        model.encoder.adapt(splits.train.x)
    adapt_prior(model, config, splits)
    start_from_shares(model, make_targets(config, text).own)
    if config.embeddings:
        vectors = read_vectors(config.embeddings, text.vocabulary, config.embedding_dim)
        model.encoder.set_vectors(vectors)
    return model


def make_targets(config: ExperimentConfig, text: TextData) -> Targets:
    """Returns the `Targets` of a run on documents."""
    return Targets(
        text.counts,
        config.text_target,
        config.target_length,
        config.neighbours,
        # A target is weighted more steeply than the input of the encoder.
        idf_power=2 * config.idf_power,
    )


def start_from_shares(model: VAE, weights: Any) -> None:
    """Sets the decoder's biases to the share of each term, so that they need not be learned."""
    shares = np.asarray(weights.sum(axis=0)).ravel() + 1.0
    logits = np.log(shares / shares.sum())
    model.decoder.output_layer.bias.assign(logits - logits.mean())


def _compile(model, config, steps):
    learning_rate = config.learning_rate
    if config.learning_rate_schedule == "cosine":
        learning_rate = keras.optimizers.schedules.CosineDecay(
            learning_rate, decay_steps=steps, alpha=TEXT_LAST_RATE if config.is_text else 0.0
        )
    model.compile(optimizers.Adam(learning_rate, global_clipnorm=config.clipnorm or None))
    return model


def make_objective(config: ExperimentConfig, steps: int) -> Objective:
    """Returns the objective of these settings for training of so many steps."""
    if config.objective != "elbo":
        return IWAE(config.importance_samples, doubly_reparameterized=config.objective == "dreg")
    whole = config.kl_schedule == "cyclical" or config.capacity is not None
    warmup_steps = config.kl_warmup_steps or max(CYCLES, steps // (2 if whole else 4))
    schedule = {
        "constant": lambda: schedules.Constant(config.beta),
        "linear": lambda: schedules.LinearWarmup(warmup_steps, end=config.beta),
        "sigmoid": lambda: schedules.SigmoidWarmup(warmup_steps, end=config.beta),
        "cyclical": lambda: schedules.Cyclical(warmup_steps, CYCLES, value=config.beta),
    }[config.kl_schedule]
    capacity = config.capacity
    if capacity is not None:
        capacity = schedules.LinearWarmup(warmup_steps, end=capacity)
    return ELBO(
        beta=schedule(),
        free_bits=config.free_bits,
        capacity=capacity,
        num_samples=config.importance_samples,
    )
