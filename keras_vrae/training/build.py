"""From the settings of a run to its model, built and compiled."""

import keras

from keras_vrae import optimizers, schedules
from keras_vrae.datasets.pipeline import steps_in_epoch
from keras_vrae.likelihoods import Gaussian
from keras_vrae.likelihoods.gaussian import LARGEST, SMALLEST
from keras_vrae.models import build
from keras_vrae.objectives import ELBO, IWAE
from keras_vrae.scaling import Standardization
from keras_vrae.training.config import CYCLES


def make_model(config, splits):
    """Builds and compiles the model of these settings.

    Args:
        config: an `ExperimentConfig`.
        splits: its data.

    Returns:
        A compiled `VAE`.
    """
    steps = config.epochs * steps_in_epoch(splits.train, config.batch_size)
    likelihood, spec = config.likelihood, splits.spec
    scaling = spec.scaling and Standardization(spec.scaling["mean"], spec.scaling["scale"])
    if likelihood == "gaussian":
        deviation = 1.0 if spec.scaling else float(splits.train.values.std())
        likelihood = Gaussian(initial_scale=min(max(deviation, SMALLEST), LARGEST))
    model = build(
        config.encoder,
        input_shape=spec.event_shape,
        latent_dim=config.latent_dim,
        hidden_units=config.hidden_units,
        decoder=config.decoder,
        decoder_options=config.decoder_options,
        **config.encoder_options,
        likelihood=likelihood,
        objective=make_objective(config, steps),
        seed=config.seed,
        scaling=scaling,
    )
    learning_rate = config.learning_rate
    if config.learning_rate_schedule == "cosine":
        learning_rate = keras.optimizers.schedules.CosineDecay(learning_rate, decay_steps=steps)
    model.compile(optimizers.Adam(learning_rate, global_clipnorm=config.clipnorm or None))
    return model


def make_objective(config, steps):
    """The objective of these settings, for training of so many steps."""
    if config.objective != "elbo":
        return IWAE(config.importance_samples, doubly_reparameterized=config.objective == "dreg")
    warmup_steps = config.kl_warmup_steps or max(CYCLES, steps // 2)
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
