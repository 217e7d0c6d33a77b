"""The command `complete`."""

import csv

import numpy as np
import pytest
import sequence_runs

from keras_vrae.training import RunDirectory

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("completion")
    return sequence_runs.train(folder, decoder_inputs="teacher", word_dropout=0.2)


@pytest.fixture
def main(monkeypatch, capsys, tmp_path, run_dir):
    """Runs the program in an empty folder, see `sequence_runs.caller`."""
    monkeypatch.chdir(tmp_path)
    return sequence_runs.caller("complete", run_dir, capsys)


def test_prefixes_are_kept_and_continued(main, run_dir):
    x, lengths, _ = sequence_runs.waves(5, seed=2)
    np.savez("new.npz", x=x, lengths=lengths)
    flags = ("--data=new.npz", "--prefix=6", "--length=16", "--num_samples=3", "--seed=4")
    status, out, _ = main(*flags, "--output=a.npz", "--picture=a.png")
    assert status == 0
    assert "Wrote a.npz, a.png" in out
    with np.load("a.npz") as arrays:
        found = arrays["x"]
        assert arrays["lengths"].tolist() == [6] * 5
        assert arrays["names"].tolist() == [f"series {number}" for number in range(5)]
    assert found.shape == (5, 3, 16, 2)
    np.testing.assert_allclose(found[:, :, :6], np.repeat(x[:, None, :6], 3, axis=1), rtol=1e-5)
    model = RunDirectory(run_dir).load_model(run_dir / "model.keras")
    prefixes = {"x": x[:, :6].astype("float32"), "lengths": np.full(5, 6)}
    np.testing.assert_allclose(found, model.complete(prefixes, 16, 3, seed=4), rtol=1e-4)

    assert main(*flags, "--output=a.csv")[0] == 0
    with open("a.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5 * 3 * 16
    assert sum(int(row["given"]) for row in rows) == 5 * 3 * 6
    last = rows[-1]
    assert (last["series"], last["sample"], last["step"]) == ("series 4", "2", "15")
    expected = found[4, 2, 15]
    np.testing.assert_allclose([float(last["value_0"]), float(last["value_1"])], expected, 1e-5)


def test_test_part_of_the_run_to_the_length_of_the_model(main):
    assert main("--prefix=4", "--no-draw", "--num_samples=1")[0] == 0
    with open("continuations.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 24 * 12
    values = np.array([float(row["value_0"]) for row in rows])
    assert values.mean() == pytest.approx(100, abs=5), "they are in the units of the data"


@pytest.mark.parametrize(
    ("flags", "status", "message"),
    [
        (["--prefix=4", "--length=4"], 2, "`length` must be more than 4"),
        ([], 2, "`prefix` must be given without --data"),
        (["--prefix=0"], 2, "`prefix` must be a positive integer"),
        (["--prefix=4", "--temperature=0"], 2, "`temperature` must be a positive number"),
        (["--prefix=4", "--no-draw", "--temperature=2"], 2, "`temperature` must be left out"),
        (["--prefix=4", "--output=a.txt"], 2, "`output` must be a file that ends in .csv or .npz"),
        (["--prefix=4", "--output=a.mid"], 2, "`output` must be a .csv or .npz file"),
        (["--prefix=4", "--picture=a.gif"], 2, "`picture` must be a file that ends in .png"),
        (["--data=nothing.csv"], 1, "nothing.csv cannot be read"),
    ],
)
def test_one_line_and_nothing_written(main, tmp_path, flags, status, message):
    found, _, complaint = main(*flags)
    assert message in complaint
    assert found == status
    assert complaint.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_dense_decoder_cannot_continue(main, tmp_path):
    (tmp_path / "dense").mkdir()
    dense = sequence_runs.train(tmp_path / "dense", decoder="dense", epochs=1)
    status, _, complaint = main("--prefix=4", run_dir=dense)
    assert status == 2
    assert "`run_dir` must be a run on sequences with an LSTM or GRU decoder" in complaint
