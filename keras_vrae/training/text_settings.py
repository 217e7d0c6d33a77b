"""The settings of a run that are about documents and labels, and what they are unless asked for.

vocab_size, text_split, text_strip, text_weighting, stop_words, min_df, max_df, max_length:
    how documents become numbers; see `keras_vrae.datasets.TextSettings` and
    `keras_vrae.BagEncoder`. None for other data.
text_target: what the likelihood is of in training, `"tfidf"` weights of terms or
    `"counts"`.
idf_power: the power of the inverse document frequency in the TF-IDF weights that the encoder
    reads; twice that in those of `text_target`.
term_scale: length of the vector of weights that the encoder reads.
target_length: sum of the TF-IDF weights of a document in `text_target`: for how many words it
    stands beside KL and labels.
neighbours: how many similar training documents share in that; see
    `keras_vrae.datasets.text.targets`.
term_dropout: fraction of a document's terms that the encoder does not see in training.
bounded, posterior_scale, balance: the posterior of documents; see `keras_vrae.Encoder`. A
    scale of 0 has it learned.
embedding_dim: size of the vector of each word, for recurrent encoders of documents.
embeddings: path of a text file with vectors of words to begin with, or None.
"""

import math

from keras_vrae.datasets import names as choices
from keras_vrae.validation import SettingError, check_choice, check_float, check_int, complaint

STRIPPED = ("headers", "footers", "quotes")
WEIGHTINGS = ("counts", "binary", "tfidf")
TARGETS = ("counts", "tfidf")
SPLITS = ("by_date", "random")
STOP_WORDS = ("english", "none")
# What suits documents where nothing is asked for.
TEXT_DEFAULTS = {
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
LONG_DEFAULTS = {"target_length": 250.0}
# With labels to go by, the likeness of documents is not needed, and the words count less.
GUIDED_DEFAULTS = {
    "learning_rate": 2e-3,
    "idf_power": 1.0,
    "term_scale": 3.0,
    "target_length": 20.0,
    "neighbours": 0,
    "term_dropout": 0.5,
}
# Of few dimensions each has to become a bit of its own, on for half of the documents.
SHORT_GUIDED_DEFAULTS = {
    "epochs": 12,
    "learning_rate": 4e-3,
    "term_dropout": 0.6,
    "posterior_scale": 0.5,
    "balance": 30.0,
}
SHORT, LONG = 16, 128
SUPERVISION_WEIGHT = 50.0
# Of the recurrent encoders alone.
TOKEN_DEFAULTS = {"max_length": 64, "embedding_dim": 100, "embeddings": None}
TEXT_SETTINGS = ("vocab_size", "text_split", "text_strip", "text_weighting", "stop_words")
TEXT_SETTINGS += ("min_df", "max_df", "text_target", "idf_power", "term_scale")
TEXT_SETTINGS += ("target_length", "neighbours", "term_dropout")
TEXT_SETTINGS += ("bounded", "posterior_scale", "balance", *TOKEN_DEFAULTS)


def text_defaults(dataset, encoder, guided=False, latent_dim=None):
    """The defaults of a run on documents, a dict, by its labels and latent dimensions."""
    size = latent_dim if isinstance(latent_dim, int) else TEXT_DEFAULTS["latent_dim"]
    if guided:
        by_size = {**GUIDED_DEFAULTS, **(SHORT_GUIDED_DEFAULTS if size <= SHORT else {})}
    else:
        by_size = LONG_DEFAULTS if size >= LONG else {}
    split = "by_date" if dataset == choices.NEWSGROUPS else "random"
    tokens = TOKEN_DEFAULTS if encoder != "dense" else {}
    return {**TEXT_DEFAULTS, "text_split": split, **tokens, **by_size}


def check_supervision(config):
    """Sets the weight of labels, and raises `SettingError` for one that cannot be."""
    check_choice("supervision", config.supervision, choices.SUPERVISIONS)
    check_float("label_fraction", config.label_fraction, maximum=1.0, above=True)
    if config.supervision == "none":
        _require_none(config, "supervision_weight", "with supervision='none'")
        if config.label_fraction != 1:
            expected = "1.0 with supervision='none'"
            raise SettingError(complaint("label_fraction", expected, config.label_fraction))
        return
    if config.supervision_weight is None:
        object.__setattr__(config, "supervision_weight", SUPERVISION_WEIGHT)
    check_float("supervision_weight", config.supervision_weight)


def check_text(config):
    """Raises `SettingError` for settings of documents that cannot be, or do not fit the others."""
    if not choices.is_text(config.dataset):
        for name in TEXT_SETTINGS:
            _require_none(config, name, f"with dataset={config.dataset!r}")
        if config.likelihood == "multinomial":
            expected = "'bernoulli' or 'gaussian' for what is no document"
            raise SettingError(complaint("likelihood", expected, config.likelihood))
        return
    if config.decoder != "dense":
        expected = "'dense' for documents"
        raise SettingError(complaint("decoder", expected, config.decoder))
    if config.likelihood != "multinomial":
        expected = "'multinomial' for documents"
        raise SettingError(complaint("likelihood", expected, config.likelihood))
    check_int("vocab_size", config.vocab_size)
    strip = stripped(config.text_strip)
    for part in strip:
        check_choice("text_strip", part, STRIPPED)
    if strip and config.dataset != choices.NEWSGROUPS:
        expected = "'none' for documents that are no postings"
        raise SettingError(complaint("text_strip", expected, config.text_strip))
    check_choice("text_split", config.text_split, SPLITS)
    if config.text_split == "by_date" and config.dataset != choices.NEWSGROUPS:
        expected = "'random' for documents without an official split"
        raise SettingError(complaint("text_split", expected, config.text_split))
    check_choice("text_weighting", config.text_weighting, WEIGHTINGS)
    check_choice("stop_words", config.stop_words, STOP_WORDS)
    for name in ("min_df", "max_df"):
        document_frequency(name, getattr(config, name))
    check_choice("text_target", config.text_target, TARGETS)
    check_int("neighbours", config.neighbours, minimum=0)
    check_float("idf_power", config.idf_power)
    check_float("term_scale", config.term_scale, above=True)
    check_float("target_length", config.target_length, above=True)
    check_float("term_dropout", config.term_dropout, maximum=1.0, below=True)
    check_float("posterior_scale", config.posterior_scale)
    check_float("balance", config.balance)
    if config.encoder == "dense":
        for name in TOKEN_DEFAULTS:
            _require_none(config, name, "with encoder='dense'")
        return
    check_int("max_length", config.max_length)
    check_int("embedding_dim", config.embedding_dim)


def _require_none(config, name, where):
    if getattr(config, name) is not None:
        raise SettingError(complaint(name, f"left out {where}", getattr(config, name)))


def stripped(names):
    """`"headers,quotes"` as a tuple; `"none"` as an empty one."""
    return () if names == "none" else tuple(part for part in names.split(",") if part)


def document_frequency(name, value):
    """A share of the documents below 1 or 1.0 for `max_df`, and above that a number of them."""
    value = check_float(name, value, above=True)
    if value > 1 and value != math.floor(value):
        raise SettingError(complaint(name, "a share up to 1, or a whole number", value))
    if name == "min_df":
        return int(value) if value >= 1 else value
    return value if value <= 1 else int(value)


def text_settings(config):
    """The `keras_vrae.datasets.TextSettings` of a run on documents; None for other data."""
    if not choices.is_text(config.dataset):
        return None
    from keras_vrae.datasets import TextSettings

    return TextSettings(
        view="bag" if config.encoder == "dense" else "tokens",
        vocab_size=config.vocab_size,
        split=config.text_split,
        strip=stripped(config.text_strip),
        stop_words=config.stop_words,
        min_df=document_frequency("min_df", config.min_df),
        max_df=document_frequency("max_df", config.max_df),
        max_length=config.max_length or 1,
    )
