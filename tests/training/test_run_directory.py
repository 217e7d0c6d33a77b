import pytest

from keras_vrae.training import RunDirectory
from keras_vrae.validation import DataError


def test_leftovers_of_a_killed_process_are_not_a_run_and_are_removed(tmp_path):
    run = RunDirectory(tmp_path)
    for path in (run.path, run.checkpoints_path, run.figures_path):
        path.mkdir(exist_ok=True)
    (run.path / ".config-77.json").touch()
    left = [run.checkpoints_path / ".checkpoint-77.keras", run.figures_path / ".samples-77.png"]
    for path in left:
        path.touch()
    run.tidy()
    assert not any(path.exists() for path in left)
    assert not list(run.path.glob(".*"))
    (run.path / ".notes-77.txt").touch()  # Of another program.
    run.tidy()
    assert (run.path / ".notes-77.txt").exists()


def test_a_run_killed_before_its_first_file_leaves_the_folder_free(tmp_path):
    (tmp_path / ".config-77.json").touch()
    assert not RunDirectory(tmp_path).exists
    (tmp_path / "thesis.tex").touch()
    assert RunDirectory(tmp_path).exists


@pytest.mark.parametrize(
    "content", ["", "epoch,loss\n1,what\n", "loss\n1\n", "epoch,loss\n1,2,3\n"]
)
def test_damaged_history(tmp_path, content):
    run = RunDirectory(tmp_path)
    run.history_path.write_text(content)
    if content:
        with pytest.raises(DataError, match=r"history\.csv cannot be read"):
            run.read_history()
    else:
        assert run.read_history() == []


def test_history_comes_back_as_it_was(tmp_path):
    rows = [{"epoch": n, "loss": 1 / n, "seconds": 0.5} for n in (1, 2, 3)]
    run = RunDirectory(tmp_path)
    run.write_history(rows)
    assert run.read_history() == rows


def test_metrics_that_are_not_finite_are_never_stored(tmp_path):
    run = RunDirectory(tmp_path)
    with pytest.raises(ValueError, match="not JSON compliant"):
        run.write_json(run.metrics_path, {"elbo": float("nan")})
    assert not run.exists
