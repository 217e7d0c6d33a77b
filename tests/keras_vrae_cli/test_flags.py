"""The flags say what the library says."""

import re

import numpy as np
import pytest
from absl import flags as absl_flags

from keras_vrae.datasets import names
from keras_vrae.serving.signatures import SIGNATURES
from keras_vrae.training import ExperimentConfig
from keras_vrae.training.metrics import LABEL_COUNTS
from keras_vrae.validation import SettingError
from keras_vrae_cli.flags import evaluate, export, parsers, train
from keras_vrae_cli.flags.parsers import OneOf

FIELDS = ExperimentConfig.__dataclass_fields__
PARSERS = {name: train.FLAGS[name].parser for name in train.FLAGS if name in FIELDS}

# Settings without which another one must be left out.
COMPANIONS = {
    "word_dropout": {"decoder_inputs": "teacher"},
    "supervision_weight": {"supervision": "shared"},
    "prior_components": {"prior": "mixture"},
}


def choices_of(parser):
    if isinstance(parser, absl_flags.EnumParser):
        return set(parser.enum_values)
    return {*parser.names, *parser.patterns} if isinstance(parser, OneOf) else None


@pytest.fixture
def message_about(tmp_path):
    """Returns a function that gives the message of ExperimentConfig about a wrong value."""
    series, table = tmp_path / "series.npz", tmp_path / "series.csv"
    np.savez(series, x=np.zeros((3, 4, 1)))
    table.touch()

    def message(name, value):
        usual = {"encoder": "gru", "decoder": "gru"}
        if name in ("likelihood_scale", "scaling", "missing", "window", "stride", "max_gap"):
            usual |= {"dataset": f"timeseries:{series}", "window": 2}
        elif name == "decimal":
            usual |= {"dataset": f"timeseries:{table}"}
        elif "Documents" in train.FLAGS[name].help or name == "text_strip":
            usual |= {"dataset": "newsgroups", "decoder": "dense"}
        usual |= COMPANIONS.get(name, {})
        with pytest.raises(SettingError) as caught:
            ExperimentConfig(**{**usual, name: value})
        return str(caught.value)

    return message


@pytest.mark.parametrize("name", [name for name in PARSERS if choices_of(PARSERS[name])])
def test_choices(name, message_about):
    beats, _, _ = message_about(name, "nothing").partition("Received")
    assert beats.startswith(f"`{name}` must be one of ")
    found = set(re.findall(r"'([^']+)'", beats))
    assert found == choices_of(PARSERS[name]) - ({"none"} if name == "text_strip" else set())


@pytest.mark.parametrize("name", [n for n in PARSERS if hasattr(PARSERS[n], "lower_bound")])
def test_numbers_below_the_bounds_are_refused_by_the_library_too(name, message_about):
    below = PARSERS[name].lower_bound - 1
    with pytest.raises(ValueError, match="is not a"):
        PARSERS[name].parse(below)
    assert re.match(f"`{name}` must be a (whole )?number (above|of at)", message_about(name, below))


OWN = {name: parser for name, parser in PARSERS.items() if isinstance(parser, parsers.Convert)}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [(name, 0.0) for name, parser in OWN.items() if parser is parsers.POSITIVE]
    + [("term_dropout", 1.0), ("likelihood_scale", 0.0)],
)
def test_other_limits_are_those_of_the_library(name, wrong, message_about):
    with pytest.raises(ValueError, match="is not"):
        PARSERS[name].parse(str(wrong))
    assert message_about(name, wrong).startswith(f"`{name}` must be a ")


def test_defaults_and_names_are_those_of_the_settings():
    assert set(PARSERS) == set(FIELDS)
    for name, field in FIELDS.items():
        assert train.FLAGS[name].default == field.default, name


def test_every_flag_is_in_one_group_of_the_help():
    grouped = [name for group in train.GROUPS.values() for name in group]
    assert sorted(grouped) == sorted(train.FLAGS)
    assert len({*train.MOST_USED}) == 10
    assert {*train.MOST_USED} <= {*grouped}


def test_data_sets_are_those_of_the_registry():
    known = [name for kind in names.KINDS.values() for name in kind.sets]
    assert sorted(parsers.DATASETS) == sorted(known)
    prefixes = {kind.prefix: kind.rest for kind in names.KINDS.values()}
    assert {f"{name}:": rest for name, rest in parsers.DATASET_PREFIXES.items()} == prefixes


def test_other_commands_know_the_names_and_defaults_of_the_library():
    assert tuple(export.FLAGS["models"].parser.names) == tuple(SIGNATURES)
    assert evaluate.FLAGS["labels"].default == LABEL_COUNTS


@pytest.mark.parametrize(
    ("parser", "text", "value"),
    [
        (parsers.SCALE, "per_value", "per_value"),
        (parsers.SCALE, "0.5", 0.5),
        (parsers.INTERVAL, "2 epochs", "2 epochs"),
        (parsers.POSITIVE, "1e-3", 1e-3),
        (parsers.FRACTION, "0", 0.0),
        (parsers.DATASET, "timeseries:a b.csv", "timeseries:a b.csv"),
        (parsers.counts(), "1,20,", (1, 20)),
        (train.FLAGS["encoder"].parser, "dense,gru", ["dense", "gru"]),
    ],
)
def test_valid_values(parser, text, value):
    assert parser.parse(text) == value
