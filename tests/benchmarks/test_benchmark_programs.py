"""The programs of the benchmarks work in their smallest settings.

Their contenders have no process of their own here; tests/benchmarks/test_harness.py has real ones.
"""

import importlib
import json
import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import ROOT
from scipy import sparse

import keras_vrae as kv
from benchmarks import (
    defaults,
    density,
    growth,
    harness,
    layers,
    profile,
    quality,
    serving,
    speed_against_revision,
    startup,
    text,
    text_speed,
    training,
)


class InThisProcess:
    """A contender that works in the process of the tests."""

    def __init__(self, module, variant, task, folder=ROOT):
        make = importlib.import_module(f"benchmarks.{module.replace('/', '.')}").make
        self.functions = make(SimpleNamespace(**task), variant)
        self.work, self.package = list(self.functions), kv.__file__
        self.peak_memory_mib = harness.peak_memory_mib()

    def wait(self):
        pass

    def turn(self, work):
        return harness.timed(self.functions[work])()

    def close(self):
        pass


@pytest.fixture
def _in_this_process(monkeypatch):
    monkeypatch.setattr(harness, "Contender", InThisProcess)
    for operations in ("intra", "inter"):  # TensorFlow, at work already, would refuse.
        name = f"set_{operations}_op_parallelism_threads"
        monkeypatch.setattr(tf.config.threading, name, lambda threads: None)


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
    for nll_samples, stages in ((20, (0, 1)), (30, (1,))):
        quality.evaluate_folder(whole, x, nll_samples, stages)
    rows = json.loads((whole / "evaluation.json").read_text())["stages"]
    assert [(row["epochs"], row["nll_samples"]) for row in rows] == [(1, 20), (4, 30)]
    lines = (whole / "training.csv").read_text().splitlines()[1:]
    assert [line.split(",")[:2] for line in lines] == [["0", "1"], ["1", "3"], ["1", "4"]]
    assert all(0 < row["nll"] < -row["elbo"] + 0.1 for row in rows)


@pytest.mark.slow
def test_every_caller_of_a_served_model_takes_its_turns(monkeypatch):
    monkeypatch.setattr(serving, "EVENT_SHAPE", (6, 5))
    monkeypatch.setattr(serving, "SECONDS_OF_A_TURN", 0.01)
    measured = serving.run(["gru"], hidden_units=4, rounds=2, batch_sizes=(1, 3))
    assert set(measured["latency"]) == {"gru encoder", "decoder"}
    for rows in measured["latency"].values():
        for callers in rows.values():
            assert set(callers) == {"C API", "predict", "tf.function", "OpenVINO"}
            assert all(figure["milliseconds"] > 0 for figure in callers.values())
    for part in ("encoder", "decoder", "autoencoder"):
        assert measured["size"]["gru"][part]["variables"] > measured["size"]["gru"][part]["weights"]


def test_points_of_growth_are_whole_batches():
    points = [p for sweep in growth.SWEEPS for p in growth.points_of(sweep, harness.ENCODERS)]
    assert len(points) == 12 + 12 + 10 + 3
    assert all(p[p["sweep"]] == p["size"] for p in points)
    assert all(p["sweep"] == "examples" or p["examples"] % p["batch_size"] == 0 for p in points)
    assert not list(growth.points_of("examples", ("lstm",)))


@pytest.mark.slow
def test_a_point_of_growth_has_times_and_memory():
    point = {"encoder": "gru", "batch_size": 4, "hidden_units": 4, "steps": 3, "features": 2}
    row = growth.measure({**point, "examples": 10}, rounds=2)
    for figures in (row["milliseconds_per_step"], row["peak_memory_mib"]):
        assert set(figures) == {"fit", "tutorial"}
        assert all(figure > 0 for figure in figures.values())
    assert row["times_as_fast"]["median"] > 0


def test_layers_take_turns_with_those_of_keras():
    row = layers.measure("GRU", (4, 5, 3), units=6, rounds=3)
    assert min(row["milliseconds"][name]["median"] for name in ("keras_vrae", "keras")) > 0
    low, high = row["times_as_fast"]["quartiles"]
    assert low <= row["times_as_fast"]["median"] <= high


def test_time_of_a_kernel_is_its_own():
    # On one thread: a product of 10 within a loop of 30, and a sum of 5 after it.
    names = {1: "while:While", 2: "body/product:_MklMatMul", 3: "ExecutorState::Process"}
    names = {number: SimpleNamespace(name=name) for number, name in {**names, 4: "s:Sum"}.items()}
    spans = [(3, 0, 40), (1, 1, 30), (3, 2, 20), (2, 3, 10), (4, 33, 5)]
    line = SimpleNamespace(
        events=[
            SimpleNamespace(metadata_id=name, offset_ps=start, duration_ps=1e12 * length)
            for name, start, length in ((n, 1e12 * s, d) for n, s, d in spans)
        ]
    )
    assert profile.kernel_seconds(line, names) == {"While": 20, "_MklMatMul": 10, "Sum": 5}
    assert [profile.kind_of(name) for name in ("_MklMatMul", "Sum")] == [
        "matrix products",
        profile.OTHER,
    ]


@pytest.mark.slow
def test_the_profiler_sees_the_products_of_a_step():
    found = profile.measure("dense", hidden_units=64, steps=2)
    assert 0 < found["milliseconds"]["matrix products"] < found["milliseconds_per_step"]
    assert found["milliseconds"]["optimizer"] > 0
    assert list(found["longest"].values()) == sorted(found["longest"].values(), reverse=True)


@pytest.mark.slow
def test_startup_times_fresh_processes():
    python = sys.executable
    commands = {
        "plain": [python, "-c", "pass"],
        "parts": [python, "-c", "print('{\"first step\": 0.5}')"],
    }
    found = startup.measure(commands, rounds=2)
    assert found["parts"]["first step"]["median"] == 0.5
    assert len(found["plain"]["whole"]["rounds"]) == 2
    with pytest.raises(RuntimeError, match="ValueError: no"):
        startup.measure({"broken": [python, "-c", "raise ValueError('no')"]}, rounds=1)
    assert set(startup.cases(["gru"])) >= {"import keras", "import keras_vrae", "first step, gru"}


@pytest.mark.slow
@pytest.mark.usefixtures("_in_this_process")
def test_training_is_measured_next_to_the_tutorial():
    x = np.random.default_rng(0).random((32, 6, 5), dtype="float32")
    result = training.measure(x, "gru", 16, ["tutorial"], rounds=2, units=8)
    rates = result["training"]["images_per_second"]
    assert set(rates) == {*training.OURS, "tutorial", *training.LIMITS}
    assert 0 < result["training"]["fraction_of_limit"]["fit"]["median"] < 1
    assert set(result["encoding"]["images_per_second"]) == {"fit", "threads", "tutorial"}
    assert result["training"]["peak_memory_mib"]["fit"] > 100
    assert set(result["training"]["fit_over"]) == {"tutorial", "threads", "program"}


@pytest.mark.usefixtures("_in_this_process")
def test_an_epoch_of_documents_is_measured():
    counts = sparse.csr_matrix(np.arange(60.0, dtype="float32").reshape(12, 5) % 3)
    sizes = {"batch_size": 4, "hidden_units": 8, "latent_dim": 2}
    found = text_speed.measure(counts, ["ours"], rounds=2, **sizes)
    assert (found["documents"], found["terms"], found["batch_size"]) == (12, 5, 4)
    assert len(found["documents_per_second"]["ours"]["rounds"]) == 2
    assert found["ours_over"] == {}


@pytest.mark.slow
@pytest.mark.usefixtures("_in_this_process")
def test_two_checkouts_take_turns():
    folders = {"old": ROOT, "new": ROOT}
    found = speed_against_revision.measure(folders, "dense", 1, pairs=2, rounds=2, hidden_units=4)
    assert {work: set(rows) for work, rows in found.items()} == {
        "train": {"old", "new"},
        "encode": {"old", "new"},
    }
    assert {len(values) for rows in found.values() for values in rows.values()} == {4}


def test_baselines_of_retrieval():
    counts = sparse.random(120, 30, 0.3, "csr", "float32", random_state=0)
    part = SimpleNamespace(x=counts, y=np.arange(120) % 3)
    found = text.baselines(SimpleNamespace(train=part, test=part), [8])
    assert set(found) >= {"tfidf_cosine", "svd_cosine", "random_hyperplanes"}
    assert 0.3 < found["svd_cosine"][8] <= 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "settings"),
    [
        ("program", {"epochs": 1, "hidden_units": 4, "nll_samples": 0}),
        ("embedder", {"num_updates": 4, "hidden_units": 4}),
    ],
)
def test_defaults(way, settings, tmp_path, monkeypatch):
    output = tmp_path / "found.json"
    flags = [f"--way={way}", "--sets=sines", "--seeds=1", f"--settings={json.dumps(settings)}"]
    monkeypatch.setattr(sys, "argv", ["defaults.py", *flags, f"--output={output}"])
    defaults.main()
    (row,) = json.loads(output.read_text())["sets"]
    assert row["set"] == "sines"
    assert row["components"]["knn_accuracy"] > 0.8
    (codes,) = row["codes"]
    assert 0 <= codes["knn_accuracy"] <= 1
