"""The networks of a run on time series that names none: the lengths of the series decide."""

import json

import numpy as np
import pytest

from keras_vrae.training import ExperimentConfig, train_and_evaluate
from keras_vrae.training.data import prepare_data
from keras_vrae.training.plan import plan_runs
from keras_vrae.validation import SettingError

COUNT = 12
LENGTHS = {"equal": None, "short": (3, 9), "long": (3, 70)}
SMALL = {"hidden_units": 4, "epochs": 1, "nll_samples": 0}


@pytest.fixture
def series(tmp_path):
    """Returns a function that writes series of such lengths and gives their name as a data set."""

    def write(lengths, tokens=False):
        rng, bounds = np.random.default_rng(0), LENGTHS[lengths]
        steps = 9 if bounds is None else bounds[1]
        x = rng.integers(0, 3, (COUNT, steps, 1)) if tokens else rng.normal(size=(COUNT, steps, 1))
        arrays = {} if bounds is None else {"lengths": np.resize(bounds, COUNT)}
        np.savez(tmp_path / f"{lengths}.npz", x=x, **arrays)
        return f"timeseries:{tmp_path / lengths}.npz"

    return write


@pytest.mark.parametrize(
    ("lengths", "settings", "networks"),
    [
        ("equal", {}, ("dense", "dense")),
        ("short", {}, ("lstm", "dense")),
        ("long", {}, ("lstm", "lstm")),
        ("long", {"window": 3}, ("dense", "dense")),
        ("equal", {"encoder": "gru"}, ("gru", "dense")),
        ("long", {"encoder": "gru"}, ("gru", "lstm")),
        ("long", {"decoder": "gru"}, ("lstm", "gru")),
        ("equal", {"decoder": "gru"}, ("lstm", "gru")),
        ("equal", {"encoder": "dense", "decoder": "gru"}, ("dense", "gru")),
        ("equal", {"bidirectional": True}, ("lstm", "dense")),
        ("equal", {"recurrent_layers": 2}, ("lstm", "dense")),
        ("equal", {"decoder_inputs": "teacher"}, ("lstm", "lstm")),
    ],
)
def test_what_is_left_open_suits_the_data(lengths, settings, networks, series):
    config = ExperimentConfig(dataset=series(lengths), **settings)
    config = config.for_data(prepare_data(config))
    assert (config.encoder, config.decoder) == networks


@pytest.mark.parametrize("part", ["encoder", "decoder"])
def test_a_dense_network_for_any_length_is_refused_by_its_name(part, series):
    config = ExperimentConfig(dataset=series("long"), **{part: "dense"})
    words = f"`{part}` must be lstm or gru .* without a window. Received: {part}='dense'"
    with pytest.raises(SettingError, match=words):
        config.for_data(prepare_data(config))


def test_tokens_are_read_and_written_step_by_step(series):
    config = ExperimentConfig(dataset=series("equal", tokens=True), likelihood="categorical")
    assert (config.encoder, config.decoder) == ("lstm", "lstm")


@pytest.mark.parametrize(("lengths", "decoder"), [("equal", "dense"), ("long", "lstm")])
def test_music_has_an_lstm_encoder_and_a_decoder_for_its_lengths(lengths, decoder, series):
    config = ExperimentConfig(dataset="chorales")
    assert config.name == "chorales-lstm"
    splits = prepare_data(ExperimentConfig(dataset=series(lengths)))
    assert (config.encoder, config.for_data(splits).decoder) == ("lstm", decoder)


def test_other_data_have_an_lstm_and_a_dense_decoder():
    for dataset in ("digits", "mnist"):
        config = ExperimentConfig(dataset=dataset)
        assert (config.encoder, config.decoder) == ("lstm", "dense")


def test_the_name_of_a_run_has_the_networks_that_were_named(series):
    dataset = series("equal")
    assert ExperimentConfig(dataset=dataset).name == "timeseries-equal"
    assert ExperimentConfig(dataset=dataset, encoder="gru").name == "timeseries-equal-gru"
    assert ExperimentConfig(dataset=dataset, encoder="dense", decoder="lstm").name == (
        "timeseries-equal-dense-lstm"
    )


@pytest.mark.slow
def test_a_run_says_what_it_took_and_is_resumed_without_naming_it(series, tmp_path, capsys):
    dataset, folder = series("equal"), tmp_path / "run"
    ((path, config),) = plan_runs({"dataset": dataset, **SMALL}, [None], run_dir=folder).items()
    train_and_evaluate(config, path)
    said = "The series have one length, so the encoder is dense; --encoder names another one."
    assert said in capsys.readouterr().out
    stored = json.loads((folder / "config.json").read_text())
    assert (stored["encoder"], stored["decoder"]) == ("dense", "dense")
    (folder / "metrics.json").unlink()
    again = plan_runs({"dataset": dataset, **SMALL}, [None], run_dir=folder, resume=True)
    assert train_and_evaluate(again[folder], folder, resume=True)["encoder"] == "dense"


@pytest.mark.slow
def test_a_run_of_another_encoder_is_not_resumed(series, tmp_path):
    dataset, folder = series("equal"), tmp_path / "run"
    train_and_evaluate(ExperimentConfig(dataset=dataset, encoder="gru", **SMALL), folder)
    (folder / "metrics.json").unlink()
    config = ExperimentConfig(dataset=dataset, **SMALL)
    with pytest.raises(
        SettingError, match=r"`encoder` must be 'gru' to resume .*: encoder='dense'"
    ):
        train_and_evaluate(config, folder, resume=True)
