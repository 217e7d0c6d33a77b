"""The command `anomaly`."""

import csv
import json

import numpy as np
import pytest
import sequence_runs

from keras_vrae.evaluation.anomaly import anomaly_scores
from keras_vrae.training import RunDirectory

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    return sequence_runs.train(tmp_path_factory.mktemp("anomaly"))


@pytest.fixture
def main(monkeypatch, capsys, tmp_path, run_dir):
    """Runs the program in an empty folder, see `sequence_runs.caller`."""
    monkeypatch.chdir(tmp_path)
    return sequence_runs.caller("anomaly", run_dir, capsys)


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def write_data(path):
    x, lengths, y = sequence_runs.waves(30, seed=1, strange=10)
    np.savez(path, x=x, lengths=lengths, y=y)
    return {"x": x.astype("float32"), "lengths": lengths}, y


def test_scores_of_a_file_compared_with_the_truth(main, tmp_path, run_dir):
    inputs, labels = write_data("new.npz")
    status, out, _ = main("--data=new.npz", "--steps=steps.csv", "--anomalies=noise")
    assert status == 0
    printed, rows = json.loads(out[out.index("{") :]), read("scores.csv")
    model = RunDirectory(run_dir).load_model(run_dir / "model.keras")
    expected = anomaly_scores(model, inputs)
    np.testing.assert_allclose([float(row["score"]) for row in rows], expected.per_example, 1e-5)
    assert [row["label"] for row in rows] == labels.tolist()
    assert [int(row["steps"]) for row in rows] == inputs["lengths"].tolist()
    above = [int(row["above_threshold"]) for row in rows]
    assert above == [int(float(row["score"]) > printed["threshold"]) for row in rows]
    assert printed["above"] == sum(above)
    assert printed["sequences"] == 30
    assert set(printed["metrics"]) == {"elbo", "pca", "random"}
    assert printed["metrics"]["elbo"]["auroc"] > 0.9
    assert printed["metrics"]["elbo"]["threshold"] == pytest.approx(printed["threshold"])
    steps = read("steps.csv")
    assert len(steps) == inputs["lengths"].sum()
    of_second = [float(row["score"]) for row in steps if row["series"] == "series 1"]
    np.testing.assert_allclose(np.mean(of_second), float(rows[1]["score"]), rtol=1e-5)


def test_test_part_of_the_run_by_importance_sampling(main):
    status, out, _ = main("--score=nll", "--num_samples=20", "--output=a/b.csv")
    assert status == 0
    rows = read("a/b.csv")
    assert [row["series"] for row in rows[:2]] == ["test example 0", "test example 1"]
    assert len(rows) == 24
    assert "label" not in rows[0], "there is a single class"
    assert "metrics" not in json.loads(out[out.index("{") :])


def spoil_nothing(folder):
    pass


def other_channels(folder):
    np.savez(folder / "new.npz", x=np.zeros((3, 5, 1)))


def too_long(folder):
    np.savez(folder / "new.npz", x=np.zeros((3, 13, 2)))


def a_gap(folder):
    np.savez(folder / "new.npz", x=np.array([[[1.0, np.nan]]]))


def broken(folder):
    (folder / "new.npz").write_bytes(b"PK")


@pytest.mark.parametrize(
    ("spoil", "flags", "status", "message"),
    [
        (other_channels, [], 1, "new.npz must have 2 channels, as the model was trained on"),
        (too_long, [], 1, "new.npz, series 0: a series must have 12 steps or fewer"),
        (a_gap, [], 1, "the value at step 0, channel 1 is missing"),
        (broken, [], 1, "new.npz cannot be read"),
        (spoil_nothing, ["--data=none.csv"], 1, "none.csv cannot be read"),
        (spoil_nothing, ["--data=nothing"], 2, "`data` must be a file of time series"),
        (spoil_nothing, ["--anomalies=odd"], 2, "`anomalies` must be some, and not all, of"),
        (spoil_nothing, ["--anomalies=noise,wave"], 2, "`anomalies` must be some, and not all, of"),
        (spoil_nothing, ["--score=mse"], 2, "`score` must be one of 'elbo', 'nll'"),
        (spoil_nothing, ["--quantile=2"], 2, "`quantile` must be a number in the range"),
        (spoil_nothing, ["--num_samples=0"], 2, "`num_samples` must be a positive integer"),
        (spoil_nothing, ["--output=scores.txt"], 2, "`output` must be a file that ends in .csv"),
        (spoil_nothing, ["--score=nll", "--steps=a.csv"], 2, "`steps` must be left out"),
    ],
)
def test_one_line_and_nothing_written(main, tmp_path, spoil, flags, status, message):
    write_data("new.npz")
    spoil(tmp_path)
    flags = (
        flags if any(flag.startswith("--data") for flag in flags) else ["--data=new.npz", *flags]
    )
    found, _, complaint = main(*flags)
    assert message in complaint
    assert found == status
    assert complaint.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["new.npz"]


def test_a_folder_without_a_finished_run_is_named(main, tmp_path):
    status, _, complaint = main(run_dir=tmp_path / "nothing")
    assert status == 1
    assert "is not a finished run: it has no metrics.json" in complaint
