import pytest

from keras_vrae.atomic import replacing
from keras_vrae.training import RunDirectory
from keras_vrae.validation import DataError


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "folder" / "file.txt"
    with replacing(path) as aside:
        aside.write_text("first")
        assert not path.exists()

    def fail_on_the_way():
        with replacing(path) as aside:
            aside.write_text("half of the sec")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_on_the_way()
    assert path.read_text() == "first"
    assert list(path.parent.iterdir()) == [path]


def test_checkpoints_are_read_in_the_order_of_their_epochs(tmp_path):
    run = RunDirectory(tmp_path)
    run.checkpoints_path.mkdir()
    for name in ("epoch-0010.keras", "epoch-9999.keras", "epoch-10000.keras", "epoch-x.keras"):
        (run.checkpoints_path / name).touch()
    (run.checkpoints_path / ".epoch-0011-77.keras").touch()  # Left by a killed process.
    assert list(run.checkpoints()) == [10, 9999, 10000]


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


def test_figures_that_are_no_numbers_are_never_stored(tmp_path):
    run = RunDirectory(tmp_path)
    with pytest.raises(ValueError, match="not JSON compliant"):
        run.write_json(run.metrics_path, {"elbo": float("nan")})
    assert not run.exists
