"""Default settings of a run, which depend on its data and on its other settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras_vrae import backend
from keras_vrae.datasets import names

if TYPE_CHECKING:
    from keras_vrae.training.experiment import ExperimentConfig

DEFAULT_HIDDEN_UNITS = 500
# The digits are few, so that an epoch has few steps, and their 17 grey levels are too much to lose
# to binarization.
DIGITS = {"epochs": 60, "batch_size": 32, "likelihood": "gaussian"}
# Time series are few, so that a number of epochs says little, and real numbers of any size.
SERIES = {
    "updates": 2000,
    "patience": 100,
    "batch_size": 32,
    "hidden_units": 128,
    "likelihood": "gaussian",
}
# The keys of a piano are on or off, so that binarization changes nothing.
MUSIC = {"epochs": 60, "batch_size": 32, "likelihood": "bernoulli", "binarization": "fixed"}
IMAGES = {
    "epochs": 20,
    "batch_size": 128,
    "likelihood": "bernoulli",
    # Without it an LSTM, above all, is slow to find a use for its few latent dimensions.
    "kl_schedule": "linear",
}
# Of all data but documents.
VALUES = {"latent_dim": 2, "nll_samples": 100, "learning_rate": 2e-3, "clipnorm": 20.0}
BY_KIND: dict[str | None, dict[str, Any]] = {"series": SERIES, "music": MUSIC}

DOCUMENTS: dict[str, Any] = {
    "epochs": 14,
    "batch_size": 256,
    "learning_rate": 6e-3,
    "kl_schedule": "linear",
    "clipnorm": 0.0,
    "latent_dim": 32,
    # Each sample of each document has a logit for every term.
    "nll_samples": 0,
    "likelihood": "multinomial",
    "vocab_size": 10_000,
    "text_strip": "none",
    "text_weighting": "tfidf",
    "stop_words": "english",
    "min_df": 1.0,
    "max_df": 1.0,
    "text_target": "tfidf",
    "idf_power": 1.5,
    "term_scale": 1.0,
    "target_length": 100.0,
    "neighbours": 100,
    "term_dropout": 0.7,
    "bounded": True,
    "posterior_scale": 0.8,
    "balance": 3.0,
}
# More dimensions need more words, or many of them stay unused.
LONG_CODES = {"target_length": 250.0}
# With labels the similarity of documents is not needed, and the words count less.
LABELLED = {
    "learning_rate": 2e-3,
    "idf_power": 1.0,
    "term_scale": 3.0,
    "target_length": 20.0,
    "neighbours": 0,
    "term_dropout": 0.5,
}
# Of few dimensions each has to become a bit of its own, on for half of the documents.
SHORT_LABELLED_CODES = {
    "epochs": 12,
    "learning_rate": 4e-3,
    "term_dropout": 0.6,
    "posterior_scale": 0.5,
    "balance": 30.0,
}
SHORT, LONG = 16, 128
# Of recurrent encoders of documents.
TOKENS = {"max_length": 64, "embedding_dim": 100, "embeddings": None}

IMPORTANCE_SAMPLES = 5
MIXTURE_COMPONENTS, PSEUDO_INPUTS = 10, 500
SUPERVISION_WEIGHT = 50.0


def defaults_of(config: ExperimentConfig) -> dict[str, Any]:
    """Returns the defaults of the settings that are None, a dict.

    Args:
        config: an `ExperimentConfig` with a valid `encoder` and `dataset`.
    """
    kind = names.kind_of(config.dataset)
    if kind == "text":
        found = _of_documents(config)
    else:
        found = {**(DIGITS if config.dataset == "digits" else BY_KIND.get(kind, IMAGES)), **VALUES}
    found.update(_networks(config))
    if config.epochs is not None or config.updates is not None:
        for name in ("epochs", "updates"):
            found.pop(name, None)
    if config.objective != "elbo" or config.capacity is not None:
        found.pop("kl_schedule", None)
    likelihood = found["likelihood"] if config.likelihood is None else config.likelihood
    if kind in ("series", "music"):
        found["scaling"] = "standard" if likelihood == "gaussian" else "none"
        found["max_gap"] = 10.0
    if likelihood == "gaussian":
        found["likelihood_scale"] = "learned"
    if config.prior != "normal":
        found["prior_components"] = (
            MIXTURE_COMPONENTS if config.prior == "mixture" else PSEUDO_INPUTS
        )
    if config.strategy == "multi_worker":
        found.pop("patience", None)
    if config.strategy != "none":
        found["checkpoint_every"] = "1 epoch"
    if config.supervision != "none":
        found["supervision_weight"] = SUPERVISION_WEIGHT
    return {
        "backend": backend.name,
        "hidden_units": DEFAULT_HIDDEN_UNITS,
        "kl_schedule": "constant",
        "binarization": "dynamic" if likelihood == "bernoulli" else "none",
        "importance_samples": 1 if config.objective == "elbo" else IMPORTANCE_SAMPLES,
        **found,
    }


def _networks(config):
    """Those that the lengths of sequences do not decide, see `ExperimentConfig.for_data`."""
    if not config.is_series:
        return {"encoder": "lstm", "decoder": "dense"}
    tokens = config.likelihood == "categorical"
    reads_steps = config.bidirectional or config.reverse_input or config.recurrent_layers != 1
    writes_steps = config.decoder_inputs != "zero" or config.z_at_every_step or config.word_dropout
    found = {}
    if tokens or writes_steps:
        found["decoder"] = "lstm"
    is_music = config.kind == "music"  # Rolls of keys, of which nothing was measured.
    if is_music or tokens or reads_steps or found or config.decoder in ("lstm", "gru"):
        found["encoder"] = "lstm"
    return found


def _of_documents(config):
    size = config.latent_dim if isinstance(config.latent_dim, int) else DOCUMENTS["latent_dim"]
    if config.supervision != "none":
        by_size = {**LABELLED, **(SHORT_LABELLED_CODES if size <= SHORT else {})}
    else:
        by_size = LONG_CODES if size >= LONG else {}
    split = "by_date" if config.dataset == names.NEWSGROUPS else "random"
    tokens = TOKENS if config.encoder != "dense" else {}
    return {**DOCUMENTS, "text_split": split, **tokens, **by_size}
