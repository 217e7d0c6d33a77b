"""Files replaced whole, and folders held by one process."""

import threading

import pytest

from keras_vrae.files import locked, replacing
from keras_vrae.validation import SettingError


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


def test_a_folder_is_held_by_one_at_a_time(tmp_path):
    expected = "`run_dir` must be a folder that no other process"
    with locked(tmp_path), pytest.raises(SettingError, match=expected), locked(tmp_path, "run_dir"):
        pass
    with locked(tmp_path):
        pass


def test_who_waits_gets_the_folder_next(tmp_path):
    order = []

    def wait():
        with locked(tmp_path, wait=True):
            order.append("second")

    thread = threading.Thread(target=wait)
    with locked(tmp_path):
        thread.start()
        thread.join(timeout=0.2)
        assert thread.is_alive()
        order.append("first")
    thread.join(timeout=10)
    assert order == ["first", "second"]


def test_a_file_system_without_locks_does_without(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with locked(tmp_path):
        pass
