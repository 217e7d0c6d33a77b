"""The figures of a finished run, made anew."""

import json
import shutil

import numpy as np
import pytest

from keras_vrae import datasets
from keras_vrae.evaluation import __main__ as program
from keras_vrae.training import ExperimentConfig, RunDirectory, train_and_evaluate
from keras_vrae.training.assessment import assess

FIGURES = {"seed", "nll", "nll_standard_error", "nll_examples", "nll_samples", "kl_per_dimension"}
FIGURES |= {"mutual_information", "knn_accuracy_100_labels", "knn_accuracy_600_labels"}
FIGURES |= {"knn_accuracy_1000_labels", "nmi", "ari", "silhouette"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    config = ExperimentConfig(encoder="dense", hidden_units=32, epochs=3, nll_samples=20)
    return folder, train_and_evaluate(config, folder)


@pytest.fixture
def run(finished, tmp_path):
    return RunDirectory(shutil.copytree(finished[0], tmp_path / "run"))


def main(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["evaluation", *map(str, arguments)])
    return program.main()


def test_a_run_ends_with_its_evaluation(finished):
    folder, metrics = finished
    figures = metrics["evaluation"]
    assert set(figures) == FIGURES
    assert (figures["nll_samples"], figures["nll_examples"]) == (20, 359)
    assert figures["nll"] < -metrics["test"]["elbo"]
    assert sum(figures["kl_per_dimension"]) == pytest.approx(metrics["test"]["kl"], rel=1e-4)
    assert 0 < figures["mutual_information"] <= metrics["test"]["kl"] + 0.3
    accuracies = [figures[f"knn_accuracy_{n}_labels"]["mean"] for n in (100, 600, 1000)]
    assert accuracies == sorted(accuracies)
    assert json.loads((folder / "metrics.json").read_text()) == metrics


def test_assess_replaces_its_own_part_alone(run):
    before = run.read_json(run.metrics_path)
    times = {path: path.stat().st_mtime_ns for path in run.path.rglob("*") if path.is_file()}
    metrics = assess(run.path, nll_samples=50, label_counts=(10, 5000), max_examples=30, seed=2)
    assert run.read_json(run.metrics_path) == metrics
    kept = {name: value for name, value in metrics.items() if name != "evaluation"}
    assert kept == {name: value for name, value in before.items() if name != "evaluation"}
    figures = metrics["evaluation"]
    assert (figures["nll_samples"], figures["nll_examples"], figures["seed"]) == (50, 30, 2)
    assert {name for name in figures if "labels" in name} == {"knn_accuracy_10_labels"}
    changed = [p for p, time in times.items() if p.stat().st_mtime_ns != time]
    assert changed == [run.metrics_path]
    assert {path for path in run.path.rglob("*") if path.is_file()} == set(times)


def test_same_seed_same_figures(run):
    one, two = (assess(run.path, nll_samples=10)["evaluation"] for _ in range(2))
    assert one == two


def test_program_prints_what_it_wrote(run, monkeypatch, capsys):
    assert main(monkeypatch, run.path, "--nll_samples=10", "--labels=50") == 0
    printed = capsys.readouterr().out
    figures = json.loads(printed[printed.index("{") :])
    assert figures == run.read_json(run.metrics_path)["evaluation"]


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
    settings = {**settings, "likelihood": "bernoulli", "binarization": "none"}
    run.config_path.write_text(json.dumps(settings))


@pytest.mark.parametrize(
    ("spoil", "flags", "status", "message"),
    [
        (no_metrics, [], 1, "is not a finished run: it has no metrics.json"),
        (no_model, [], 1, "is not a finished run: it has no model.keras"),
        (half_a_model, [], 1, "model.keras cannot be read"),
        (damaged_config, [], 1, "config.json cannot be read"),
        (other_version, [], 1, "config.json cannot be used: `objective` must be one of"),
        (other_data, [], 1, "config.json cannot be used: `dataset` must be one of"),
        (grey_levels, [], 2, "`nll_samples` must be 0 for"),
        (damage_nothing, ["--nll_samples=-1"], 2, "`nll_samples` must be a whole number"),
        (damage_nothing, ["--labels=ten"], 2, "`labels` must be whole numbers"),
        (damage_nothing, ["--labels=0"], 2, "`labels` must be a whole number of at least 1"),
        (damage_nothing, ["--nll_examples=0"], 2, "`nll_examples` must be a whole number"),
        (damage_nothing, ["--data_dir=nowhere"], 2, "`data_dir` must be a folder that exists"),
    ],
)
def test_one_line_and_nothing_changed(run, monkeypatch, capsys, spoil, flags, status, message):
    spoil(run)
    before = {p: p.read_bytes() for p in run.path.rglob("*") if p.is_file()}
    assert main(monkeypatch, run.path, *flags) == status
    printed = capsys.readouterr().err
    assert message in printed
    assert printed.count("\n") == 1
    assert {p: p.read_bytes() for p in run.path.rglob("*") if p.is_file()} == before


def test_grey_levels_are_evaluated_without_a_likelihood(run):
    grey_levels(run)
    assert assess(run.path, nll_samples=0)["evaluation"]["nll"] is None


def test_part_of_the_likelihood_is_of_the_first_examples(run):
    from keras_vrae.evaluation import importance_nll

    figures = assess(run.path, nll_samples=40, max_examples=25)["evaluation"]
    x = datasets.load("digits").test.x[:25]
    estimate = importance_nll(run.load_model(run.model_path), x, 40)
    assert figures["nll"] == pytest.approx(estimate.mean)
    assert np.isfinite(figures["nll_standard_error"])
