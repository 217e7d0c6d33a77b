"""Checks of the settings of a run, alone and with each other."""

from __future__ import annotations

import math
import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from keras_vrae import backend
from keras_vrae.datasets import names
from keras_vrae.datasets.names import NEWSGROUPS, TABLE_ENDINGS
from keras_vrae.training.defaults import TOKENS
from keras_vrae.validation import SettingError, check_choice, check_float, check_int, complaint

if TYPE_CHECKING:
    from keras_vrae.training.experiment import ExperimentConfig

NETWORKS = ("dense", "lstm", "gru")
CHOICES = {
    "decoder_inputs": ("zero", "teacher", "own"),
    "likelihood": ("bernoulli", "gaussian", "multinomial", "categorical"),
    "prior": ("normal", "mixture", "vamp"),
    "objective": ("elbo", "iwae", "dreg"),
    "kl_schedule": ("constant", "linear", "sigmoid", "cyclical"),
    "learning_rate_schedule": ("cosine", "constant"),
    "binarization": ("dynamic", "fixed", "none"),
    "missing": ("refuse", "interpolate"),
    "precision": ("float32", "mixed_float16", "mixed_bfloat16"),
    "strategy": ("none", "mirrored", "multi_worker"),
    "supervision": ("none", "shared", "private"),
}
POSITIVE = ("batch_size", "latent_dim", "hidden_units", "importance_samples")
POSITIVE += ("recurrent_layers", "eval_samples")
LARGEST_SEED = 2**32 - 1
CYCLES = 4  # Of a cyclical weight.
# Settings that change the KL term, and the values that leave it as it is.
KL_SETTINGS = {"beta": 1.0, "kl_schedule": "constant", "free_bits": 0.0, "capacity": None}
KL_SETTINGS["kl_warmup_steps"] = None
# Settings of recurrent networks alone, and their values with a dense one.
RECURRENT_SETTINGS: dict[str, dict[str, Any]] = {
    "encoder": {"bidirectional": False, "reverse_input": False},
    "decoder": {"decoder_inputs": "zero", "z_at_every_step": False, "word_dropout": 0.0},
}
PREPARATION = ("window", "stride", "missing", "max_gap")
TABLE_SETTINGS = ("id_column", "time_column", "label_column", "delimiter", "decimal")
SERIES_SETTINGS = {"window": None, "missing": "refuse", "max_gap": None, "scaling": None}
SCALINGS = ("standard", "none")
GAUSSIAN_SCALES = ("learned", "per_value")
INTERVAL = re.compile(r"(\d{1,12}) ?(step|epoch)s?")

STRIPPED = ("headers", "footers", "quotes")
TEXT_CHOICES = {
    "text_split": ("by_date", "random"),
    "text_weighting": ("counts", "binary", "tfidf"),
    "stop_words": ("english", "none"),
    "text_target": ("counts", "tfidf"),
}
TEXT_SETTINGS = (*TEXT_CHOICES, "vocab_size", "text_strip", "min_df", "max_df", "idf_power")
TEXT_SETTINGS += ("term_scale", "target_length", "neighbours", "term_dropout", "bounded")
TEXT_SETTINGS += ("posterior_scale", "balance", *TOKENS)


def check_settings(config: ExperimentConfig) -> None:
    """Checks an `ExperimentConfig` whose defaults are resolved.

    Raises:
        SettingError: for an invalid value, or two that do not fit each other.
    """
    for name, choices in CHOICES.items():
        check_choice(name, getattr(config, name), choices)
    _check_tokens(config)
    for name in POSITIVE:
        check_int(name, getattr(config, name))
    _check_length(config)
    check_int("nll_samples", config.nll_samples, minimum=0)
    check_int("seed", config.seed, minimum=0, maximum=LARGEST_SEED)
    check_float("learning_rate", config.learning_rate, above=True)
    check_float("clipnorm", config.clipnorm)
    interval = parse_interval(config.checkpoint_every)
    if config.strategy != "none" and interval is not None and interval[1] == "step":
        expected = f"a number of epochs with strategy={config.strategy!r}"
        raise SettingError(complaint("checkpoint_every", expected, config.checkpoint_every))
    if config.likelihood != "bernoulli":
        _require(config, "binarization", "none", f"with likelihood={config.likelihood!r}")
    if config.kind == "tfrecord":
        _require(config, "label_fraction", 1.0, "with TFRecord shards")
        if config.binarization == "fixed":
            expected = "'dynamic' or 'none' with TFRecord shards"
            raise SettingError(complaint("binarization", expected, config.binarization))
    _check_backend(config)
    _check_prior(config)
    _check_likelihood_scale(config)
    _check_kl(config)
    _check_networks(config)
    _check_series(config)
    _check_table(config)
    _check_supervision(config)
    _check_text(config)


def _check_length(config):
    if config.epochs is not None and config.updates is not None:
        raise SettingError(complaint("updates", "left out where `epochs` is given", config.updates))
    for name in ("epochs", "updates", "patience"):
        if getattr(config, name) is not None:
            check_int(name, getattr(config, name))
    if config.strategy == "multi_worker":
        _require(config, "patience", None, "with strategy='multi_worker'")


def _check_backend(config):
    check_choice("backend", config.backend, backend.BACKENDS)
    if config.backend != backend.name:
        expected = f"{backend.name!r}, the one of this process, which KERAS_BACKEND sets"
        raise SettingError(complaint("backend", expected, config.backend))
    if config.backend == "tensorflow":
        return
    for name, value in {"strategy": "none", "deterministic": False}.items():
        _require(config, name, value, f"with backend={config.backend!r}")
    if config.kind in ("text", "tfrecord"):
        expected = f"'tensorflow' with dataset={config.dataset!r}"
        raise SettingError(complaint("backend", expected, config.backend))


def parse_interval(text: str | None) -> tuple[int, str] | None:
    """Parses a value of `checkpoint_every`.

    Returns:
        The count and the unit, `"step"` or `"epoch"`; None for None.

    Raises:
        SettingError: for other words.

    Example:
        >>> from keras_vrae.training.checks import parse_interval
        >>> parse_interval("500 steps")
        (500, 'step')
    """
    if text is None:
        return None
    match = INTERVAL.fullmatch(text) if isinstance(text, str) else None
    if not match or not int(match[1]):
        expected = "a number of steps or epochs, such as '500steps' or '2epochs'"
        raise SettingError(complaint("checkpoint_every", expected, text))
    return int(match[1]), match[2]


def parse_scale(value: str | float | None) -> str | float | None:
    """Returns a value of `likelihood_scale`, a positive number as float.

    Raises:
        SettingError: for other values.
    """
    if value in (None, *GAUSSIAN_SCALES):
        return value
    try:
        number = float(value) if isinstance(value, str) else value
        return check_float("likelihood_scale", number, above=True)
    except (TypeError, ValueError):
        expected = "a positive number, 'learned' or 'per_value'"
        raise SettingError(complaint("likelihood_scale", expected, value)) from None


def _require(config, name, expected, condition):
    value = getattr(config, name)
    if value != expected:
        words = "left out" if expected is None else repr(expected)
        raise SettingError(complaint(name, f"{words} {condition}", value))


def _check_tokens(config):
    """Checks what goes with the categorical likelihood, which makes tokens of series."""
    if config.likelihood != "categorical":
        return
    for name, expected, fits in (
        ("dataset", "timeseries:PATH", config.kind == "series"),
        ("encoder", "lstm or gru", config.encoder != "dense"),
        ("decoder", "lstm or gru", config.decoder != "dense"),
        ("missing", "refuse", config.missing == "refuse"),
    ):
        if not fits:
            expected = f"{expected} with likelihood='categorical'"
            raise SettingError(complaint(name, expected, getattr(config, name)))


def _check_prior(config):
    condition = f"with prior={config.prior!r}"
    if config.prior == "normal":
        _require(config, "prior_components", None, condition)
        return
    check_int("prior_components", config.prior_components)
    # They are of single latent dimensions, and the density of a mixture is not a product of those.
    _require(config, "free_bits", 0.0, condition)


def _check_likelihood_scale(config):
    if config.likelihood != "gaussian":
        _require(config, "likelihood_scale", None, f"with likelihood={config.likelihood!r}")


def _check_kl(config):
    check_float("beta", config.beta)
    check_float("free_bits", config.free_bits)
    if config.capacity is not None:
        check_float("capacity", config.capacity)
    if config.kl_warmup_steps is not None:
        fewest = CYCLES if config.kl_schedule == "cyclical" else 1
        check_int("kl_warmup_steps", config.kl_warmup_steps, minimum=fewest)
    if config.objective != "elbo":
        for name, usual in KL_SETTINGS.items():
            _require(config, name, usual, f"with objective={config.objective!r}")
    elif config.capacity is not None:
        for name in ("kl_schedule", "free_bits"):
            _require(config, name, KL_SETTINGS[name], f"with capacity={config.capacity!r}")
    elif config.kl_schedule == "constant":
        condition = "with kl_schedule='constant' and no capacity"
        _require(config, "kl_warmup_steps", None, condition)


def _check_networks(config):
    check_float("word_dropout", config.word_dropout, maximum=1.0)
    for part, settings in RECURRENT_SETTINGS.items():
        if getattr(config, part) == "dense":
            for name, usual in settings.items():
                _require(config, name, usual, f"with {part}='dense'")
    if config.encoder == config.decoder == "dense":
        _require(config, "recurrent_layers", 1, "with a dense encoder and decoder")
    if config.decoder_inputs != "teacher":
        _require(config, "word_dropout", 0.0, f"with decoder_inputs={config.decoder_inputs!r}")


def _check_series(config):
    for name in ("window", "stride"):
        if getattr(config, name) is not None:
            check_int(name, getattr(config, name))
    if config.window is None:
        _require(config, "stride", None, "without a window")
    if not config.is_series:
        for name, usual in SERIES_SETTINGS.items():
            _require(config, name, usual, f"with dataset={config.dataset!r}")
        return
    check_float("max_gap", config.max_gap)
    check_choice("scaling", config.scaling, SCALINGS)
    if config.likelihood != "gaussian" or config.kind == "music":
        _require(config, "scaling", "none", f"with likelihood={config.likelihood!r}")


def _check_table(config):
    """Checks the settings of tables, which are of time series and documents in such files."""
    path = names.source_of(config.dataset).rest
    if config.kind not in ("series", "text") or PurePath(path).suffix.lower() not in TABLE_ENDINGS:
        for name in TABLE_SETTINGS:
            expected = f"left out for data other than a table ({', '.join(TABLE_ENDINGS)})"
            if getattr(config, name) is not None:
                raise SettingError(complaint(name, expected, getattr(config, name)))
    if config.is_text:
        for name in ("id_column", "time_column", "decimal"):
            _require(config, name, None, "for documents")
    delimiter = config.delimiter
    if delimiter not in (None, "tab") and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise SettingError(complaint("delimiter", "one character, or 'tab'", delimiter))
    if config.decimal is not None:
        check_choice("decimal", config.decimal, (".", ","))


def _check_supervision(config):
    check_float("label_fraction", config.label_fraction, maximum=1.0, above=True)
    if config.supervision == "none":
        _require(config, "supervision_weight", None, "with supervision='none'")
        _require(config, "label_fraction", 1.0, "with supervision='none'")
        return
    check_float("supervision_weight", config.supervision_weight)


def _check_text(config):
    if not config.is_text:
        for name in TEXT_SETTINGS:
            _require(config, name, None, f"with dataset={config.dataset!r}")
        if config.likelihood == "multinomial":
            expected = "'bernoulli' or 'gaussian' for data other than documents"
            raise SettingError(complaint("likelihood", expected, config.likelihood))
        return
    _require(config, "decoder", "dense", "for documents")
    _require(config, "likelihood", "multinomial", "for documents")
    check_int("vocab_size", config.vocab_size)
    for part in stripped(config.text_strip):
        check_choice("text_strip", part, STRIPPED)
    for name, choices in TEXT_CHOICES.items():
        check_choice(name, getattr(config, name), choices)
    if config.dataset != NEWSGROUPS:
        if stripped(config.text_strip):
            expected = "'none' for documents other than newsgroup postings"
            raise SettingError(complaint("text_strip", expected, config.text_strip))
        _require(config, "text_split", "random", "for documents without an official split")
    for name in ("min_df", "max_df"):
        document_frequency(name, getattr(config, name))
    check_int("neighbours", config.neighbours, minimum=0)
    for name in ("idf_power", "posterior_scale", "balance"):
        check_float(name, getattr(config, name))
    for name in ("term_scale", "target_length"):
        check_float(name, getattr(config, name), above=True)
    check_float("term_dropout", config.term_dropout, maximum=1.0, below=True)
    if config.encoder == "dense":
        for name in TOKENS:
            _require(config, name, None, "with encoder='dense'")
        return
    check_int("max_length", config.max_length)
    check_int("embedding_dim", config.embedding_dim)


def stripped(parts: str) -> tuple[str, ...]:
    """Returns `"headers,quotes"` as a tuple, `"none"` as an empty one."""
    return () if parts == "none" else tuple(part for part in parts.split(",") if part)


def document_frequency(name: str, value: float) -> float:
    """Returns `min_df` or `max_df` as scikit-learn takes it.

    Args:
        name: one of the two.
        value: a share of the documents below 1 (for `max_df` also 1.0), or a number of them.

    Returns:
        A float for a share, an int for a number.
    """
    value = check_float(name, value, above=True)
    if value > 1 and value != math.floor(value):
        raise SettingError(complaint(name, "a share up to 1, or a whole number", value))
    if name == "min_df":
        return int(value) if value >= 1 else value
    return value if value <= 1 else int(value)
