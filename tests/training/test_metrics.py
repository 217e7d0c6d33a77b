"""The metrics of a finished run, computed again."""

import json
import shutil

import numpy as np
import pytest

import keras_vrae as kv
from keras_vrae import datasets
from keras_vrae.datasets import Split
from keras_vrae.training import ExperimentConfig, RunDirectory, console, train_and_evaluate
from keras_vrae.training.metrics import assess, label_accuracy
from keras_vrae_cli import program

METRICS = {"seed", "nll", "nll_standard_error", "nll_examples", "nll_samples", "kl_per_dimension"}
METRICS |= {"mutual_information", "knn_accuracy_100_labels", "knn_accuracy_600_labels"}
METRICS |= {"knn_accuracy_1000_labels", "nmi", "ari", "silhouette"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    config = ExperimentConfig(encoder="dense", hidden_units=32, epochs=3, nll_samples=20)
    return folder, train_and_evaluate(config, folder)


@pytest.fixture
def run(finished, tmp_path):
    return RunDirectory(shutil.copytree(finished[0], tmp_path / "run"))


def main(*arguments):
    return program.main("evaluate", "evaluate", map(str, arguments))


def test_a_run_ends_with_its_evaluation(finished):
    folder, metrics = finished
    measured = metrics["evaluation"]
    assert set(measured) == METRICS
    assert (measured["nll_samples"], measured["nll_examples"]) == (20, 359)
    assert measured["nll"] < -metrics["test"]["elbo"]
    assert sum(measured["kl_per_dimension"]) == pytest.approx(metrics["test"]["kl"], rel=1e-4)
    assert 0 < measured["mutual_information"] <= metrics["test"]["kl"] + 0.3
    accuracies = [measured[f"knn_accuracy_{n}_labels"]["mean"] for n in (100, 600, 1000)]
    assert accuracies == sorted(accuracies)
    assert json.loads((folder / "metrics.json").read_text()) == metrics


def test_assess_replaces_its_own_part_alone(run):
    before = run.read_json(run.metrics_path)
    times = {path: path.stat().st_mtime_ns for path in run.path.rglob("*") if path.is_file()}
    metrics = assess(run.path, nll_samples=50, label_counts=(10, 5000), max_examples=30, seed=2)
    assert run.read_json(run.metrics_path) == metrics
    kept = {name: value for name, value in metrics.items() if name != "evaluation"}
    assert kept == {name: value for name, value in before.items() if name != "evaluation"}
    measured = metrics["evaluation"]
    assert (measured["nll_samples"], measured["nll_examples"], measured["seed"]) == (50, 30, 2)
    assert {name for name in measured if "labels" in name} == {"knn_accuracy_10_labels"}
    changed = [p for p, time in times.items() if p.stat().st_mtime_ns != time]
    assert changed == [run.metrics_path]
    assert {path for path in run.path.rglob("*") if path.is_file()} == set(times)


@pytest.mark.slow
def test_same_seed_same_metrics(run):
    one, two = (assess(run.path, nll_samples=10)["evaluation"] for _ in range(2))
    assert one == two


def test_program_prints_what_it_wrote(run, capsys):
    assert main(run.path, "--nll_samples=10", "--labels=50") == 0
    printed = capsys.readouterr().out
    measured = json.loads(printed[printed.index("{") :])
    assert measured == run.read_json(run.metrics_path)["evaluation"]


def damage_nothing(run):
    pass


def no_metrics(run):
    run.metrics_path.unlink()


def no_model(run):
    run.model_path.unlink()


def half_a_model(run):
    content = run.model_path.read_bytes()
    run.model_path.write_bytes(content[: len(content) // 2])


def damaged_config(run):
    run.config_path.write_text("{")


def other_version(run):
    settings = json.loads(run.config_path.read_text())
    run.config_path.write_text(json.dumps({**settings, "objective": "new"}))


def other_data(run):
    settings = json.loads(run.config_path.read_text())
    run.config_path.write_text(json.dumps({**settings, "dataset": "nothing"}))


def grey_levels(run):
    settings = json.loads(run.config_path.read_text())
    settings |= {"likelihood": "bernoulli", "likelihood_scale": None, "binarization": "none"}
    run.config_path.write_text(json.dumps(settings))


@pytest.mark.parametrize(
    ("spoil", "flags", "status", "message"),
    [
        (no_metrics, [], 1, "is not a finished run: it has no metrics.json"),
        (no_model, [], 1, "is not a finished run: it has no model.keras"),
        (half_a_model, [], 1, "model.keras cannot be read"),
        (damaged_config, [], 1, "config.json must be a JSON object"),
        (other_version, [], 1, "config.json cannot be used: `objective` must be one of"),
        (other_data, [], 1, "config.json cannot be used: `dataset` must be one of"),
        (grey_levels, [], 2, "`nll_samples` must be 0 for"),
        (damage_nothing, ["--nll_samples=-1"], 2, "`nll_samples` must be a non-negative integer"),
        (damage_nothing, ["--labels=ten"], 2, "`labels` must be whole numbers"),
        (damage_nothing, ["--labels=0"], 2, "`labels` must be whole numbers of at least 1"),
        (damage_nothing, ["--nll_examples=0"], 2, "`nll_examples` must be a positive integer"),
        (damage_nothing, ["--data_dir=nowhere"], 2, "`data_dir` must be a folder that exists"),
    ],
)
def test_one_line_and_nothing_changed(run, capsys, spoil, flags, status, message):
    spoil(run)
    before = {p: p.read_bytes() for p in run.path.rglob("*") if p.is_file()}
    assert main(run.path, *flags) == status
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1
    assert {p: p.read_bytes() for p in run.path.rglob("*") if p.is_file()} == before


def test_grey_levels_are_evaluated_without_a_likelihood(run):
    grey_levels(run)
    assert assess(run.path, nll_samples=0)["evaluation"]["nll"] is None


@pytest.mark.slow
def test_part_of_the_likelihood_is_of_the_first_examples(run):
    from keras_vrae.evaluation import importance_nll

    measured = assess(run.path, nll_samples=40, max_examples=25)["evaluation"]
    x = datasets.load("digits").test.x[:25]
    estimate = importance_nll(run.load_model(run.model_path), x, 40)
    assert measured["nll"] == pytest.approx(estimate.mean)
    assert np.isfinite(measured["nll_standard_error"])


@pytest.mark.parametrize(("y", "expected"), [([0, -1, 2, -1], 0.5), ([-1] * 4, None)])
def test_examples_without_a_label_do_not_count_in_the_accuracy_of_labels(monkeypatch, y, expected):
    model = kv.build("dense", (2,), hidden_units=4, num_classes=3)
    monkeypatch.setattr(model, "classify", lambda x: np.eye(3)[[0, 1, 1, 2]])
    assert label_accuracy(model, Split(np.zeros((4, 2), "float32"), np.array(y))) == expected


@pytest.mark.parametrize(
    ("value", "evaluation", "words"),
    [
        (0.25, {"nmi": 0.5}, "0.250"),
        (None, {"nmi": 0.0}, "none: a single class"),
        (None, {}, "none: no labels"),
    ],
)
def test_results_say_why_there_is_no_accuracy(run, capsys, value, evaluation, words):
    metrics = run.read_json(run.metrics_path)
    metrics["test"]["knn_accuracy"] = value
    metrics["evaluation"] = {"nll": None, "mutual_information": 1.0, **evaluation}
    console.results(metrics, run)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "kNN accuracy" in line]
    assert line.split("kNN accuracy")[1].strip() == words


@pytest.mark.slow
def test_a_prior_that_does_not_factorize_has_no_kl_per_dimension(tmp_path):
    config = ExperimentConfig(
        encoder="dense", hidden_units=8, epochs=1, nll_samples=2, prior="vamp", prior_components=5
    )
    metrics = train_and_evaluate(config, tmp_path / "run")
    assert metrics["evaluation"]["kl_per_dimension"] is None
    test = metrics["test"]
    assert test["elbo"] == pytest.approx(-test["reconstruction"] - test["kl"], rel=1e-5)
