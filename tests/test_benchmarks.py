import json

import keras
import numpy as np
import pytest
from conftest import ROOT

import keras_vrae as kv
from benchmarks import (
    density,
    importance,
    layers,
    machine,
    music_map,
    quality,
    sampling,
    sequences_page,
    serving,
    soak,
    study_tables,
)
from benchmarks.encoders import measure, summarize


def test_figures_follow_from_the_times():
    seconds = {"dense": [0.1, 0.2, 0.3], "lstm": [0.4, 0.8, 1.5]}
    figures = summarize(seconds, examples=1000, batch_size=128)
    assert figures["dense"]["seconds_per_epoch"] == pytest.approx(0.2 * 8)
    assert figures["dense"]["examples_per_second"] == pytest.approx(640)
    assert figures["lstm"]["time_relative_to_dense"] == 4.0
    assert figures["lstm"]["quartiles"] == pytest.approx([0.6 * 8, 1.15 * 8])


@pytest.mark.slow
def test_every_encoder_takes_its_turns():
    config = {"dataset": "digits", "data_dir": None, "batch_size": 8, "hidden_units": 4}
    seconds, splits = measure(config, rounds=2, steps=1)
    assert set(seconds) == {"dense", "lstm", "gru"}
    assert all(len(values) == 2 and min(values) > 0 for values in seconds.values())
    assert splits.train.size == 1294


def test_schedule_of_the_density_benchmark():
    assert sum(map(density.passes, range(8))) == 3280
    assert density.step_size(0) == 0.001
    assert density.step_size(7) == pytest.approx(0.0001)


@pytest.mark.slow
def test_density_benchmark_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(density, "PASSES_BETWEEN_SAVES", 2)
    images = np.random.default_rng(0).random((60, 4, 4)).astype("float32")
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for folder, all_stages in ((whole, [2]), (parts, [1, 2])):
        folder.mkdir()
        for stages in all_stages:
            density.train(folder, images, kv.IWAE(3), stages, seed=1)
    one, two = (
        keras.saving.load_model(density.stage_path(folder, 1)).get_weights()
        for folder in (whole, parts)
    )
    for mine, other in zip(one, two, strict=True):
        np.testing.assert_array_equal(mine, other)
    x = (images < 0.5).astype("float32")
    for nll_samples, stages in ((20, None), (30, [1])):
        quality.evaluate_folder(whole, x, nll_samples, stages)
    rows = json.loads((whole / "evaluation.json").read_text())["stages"]
    assert [(row["epochs"], row["nll_samples"]) for row in rows] == [(1, 20), (4, 30)]
    axes = quality.draw([json.loads((whole / "evaluation.json").read_text())]).axes[0]
    assert axes.get_legend_handles_labels()[1] == ["IWAE, 3 samples"]
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), [1, 4])
    lines = (whole / "training.csv").read_text().splitlines()[1:]
    assert [line.split(",")[:2] for line in lines] == [["0", "1"], ["1", "3"], ["1", "4"]]
    assert all(0 < row["nll"] < -row["elbo"] + 0.1 for row in rows)


def test_fraction_of_the_arithmetic():
    model = kv.build("dense", (4, 4), latent_dim=2, hidden_units=8, seed=0)
    figures = importance.measure(model, num_examples=20, num_samples=100, rounds=2)
    assert figures["microseconds_of_products"] > 0
    assert 0 < figures["fraction"] < 1
    assert figures["quartiles"] == sorted(figures["quartiles"])


@pytest.mark.slow
def test_every_caller_of_a_served_model_takes_its_turns():
    figures = serving.run(["gru"], hidden_units=4, rounds=2, batch_sizes=(1, 3))
    assert set(figures["latency"]) == {"gru encoder", "decoder"}
    for rows in figures["latency"].values():
        for callers in rows.values():
            assert set(callers) == {"C API", "predict", "tf.function", "OpenVINO"}
            assert all(figure["milliseconds"] > 0 for figure in callers.values())
    for part in ("encoder", "decoder", "autoencoder"):
        assert figures["size"]["gru"][part]["variables"] > figures["size"]["gru"][part]["weights"]


def test_layers_take_turns_with_those_of_keras():
    row = layers.measure("gru", (4, 5, 3), units=6, rounds=3)
    ours, theirs = (row["milliseconds"][name]["median"] for name in ("keras_vrae", "keras"))
    assert min(ours, theirs) > 0
    low, high = row["times_as_fast"]["quartiles"]
    assert low <= row["times_as_fast"]["median"] <= high


def test_generation_takes_turns_with_training():
    found = sampling.measure("gru", units=6, rounds=3, shape=(4, 5, 3))
    medians = [figures["median"] for figures in found["milliseconds"].values()]
    assert len(medians) == 3
    assert min(medians) > 0
    assert found["times_as_fast_as_training"]["median"] > 0


def test_commands_are_told_without_places(monkeypatch):
    monkeypatch.setattr("sys.argv", ["music.py", "--epochs=3", "--output=a", "--data_dir=b"])
    assert machine.command("music") == "python -m benchmarks.music --epochs=3"


def test_pictures_of_the_experiment_on_music():
    rng = np.random.default_rng(0)
    codes = {2: rng.normal(size=(12, 2)), 20: rng.normal(size=(12, 20))}
    figure = music_map.map_figure(codes, np.arange(12) % 3, ["a", "b", "c"])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b", "c"]
    np.testing.assert_array_equal(figure.axes[0].lines[1].get_xydata(), codes[2][::3])
    rolls = rng.random((2, 32, 88))
    panels = music_map.samples_figure({2: (rolls, rolls > 0.5), 20: (rolls, rolls > 0.5)}).axes
    np.testing.assert_array_equal(panels[1].images[0].get_array(), (rolls[0] > 0.5).T)


def test_page_on_sequences_is_made_of_the_stored_figures():
    text = (sequences_page.FOLDER / "sequences.md").read_text()
    assert text == sequences_page.page(*sequences_page.stored())


def test_growth_of_memory_is_told():
    start = [(second, "start", 9000.0) for second in range(100)]
    flat = [(100 + second, "training", 1000.0) for second in range(600)]
    growing = [(at, phase, mib + (at - 100) / 60) for at, phase, mib in flat]
    for samples, slope in ((flat, 0.0), (growing, 60.0)):
        told = soak.summary(start + samples, ["epoch,loss", "1,0.5"])
        assert told["mib_an_hour_after_the_first_window"] == pytest.approx(slope, abs=0.1)
        assert told["median_mib_of_windows"][0] == pytest.approx(1000.0 + slope / 72, abs=0.1)
        assert told["training_minutes"] == 10.0
        assert told["epochs"] == 1


def test_tables_of_the_study_are_those_of_its_runs():
    for document, found in study_tables.tables().items():
        text = (ROOT / document).read_text()
        assert all(each in text for each in found)
