"""Files replaced whole, folders held by one process, JSON and folders of users."""

import json
import threading

import pytest

from keras_vrae.files import files_below, locked, parse_json, replacing
from keras_vrae.training import RunDirectory
from keras_vrae.validation import DataError, SettingError


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


def nested(levels):
    return '{"a": ' * (levels - 2) + "[[]]" + "}" * (levels - 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (nested(101), "100 levels of lists and objects or fewer"),
        (nested(1000), "100 levels of lists and objects or fewer"),
        (nested(50_000), "100 levels of lists and objects or fewer"),
        ("[" * 50_000, "100 levels of lists and objects or fewer"),
        (
            '{"a": 1,\n"b" 2}',
            "Received: Expecting ':' delimiter at line 2, column 5",
        ),
        ('{"a": }', "a JSON object. Received: Expecting value at column 7"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "Received: an object that has the key 'c' twice"),
        ("1" * 5000, "a JSON object. Received: Exceeds the limit"),
        (b"\xff\xff\xff", "a JSON object. Received: 'utf-8' codec can't decode"),
        ("", "a JSON object. Received: Expecting value"),
    ],
)
def test_invalid_json_gets_one_line(text, words):
    with pytest.raises(DataError) as raised:
        parse_json(text, "a.json, line 7")
    message = str(raised.value)
    assert message.startswith("a.json, line 7 must be ")
    assert words in message
    assert "\n" not in message


def test_json_is_what_it_says():
    assert parse_json(nested(100), "it") == json.loads(nested(100))
    assert parse_json('[{"a": [1, "é", null]}, 2.5]'.encode(), "it") == [{"a": [1, "é", None]}, 2.5]
    assert parse_json("7", "it") == 7


def test_deep_nesting_in_a_run_is_refused(tmp_path):
    run = RunDirectory(tmp_path)
    run.config_path.write_text(nested(50_000))
    with pytest.raises(DataError, match=r"config\.json must be JSON of 100 levels"):
        run.read_json(run.config_path)


def test_links_in_folders_are_followed_once(tmp_path):
    (tmp_path / "a" / "deep").mkdir(parents=True)
    for name in ("a/1.txt", "a/deep/2.txt"):
        (tmp_path / name).touch()
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "a" / "3.txt").symlink_to("1.txt")
    names = [str(path.relative_to(tmp_path)) for path in files_below(tmp_path)]
    once = ["1.txt", "3.txt", "deep/2.txt"]
    assert names == [f"{folder}/{name}" for folder in "ab" for name in once]


@pytest.mark.parametrize("target", [".", "..", "loop", "nowhere", "../a/deep/../../a"])
def test_links_in_a_circle_or_to_nothing_are_refused(tmp_path, target):
    (tmp_path / "a" / "deep").mkdir(parents=True)
    (tmp_path / "a" / "loop").symlink_to(target)
    with pytest.raises(DataError, match=r"a/loop must be a link .* remove .* Received: a link to"):
        files_below(tmp_path)


def test_a_folder_that_is_gone_is_named(tmp_path):
    with pytest.raises(DataError, match="gone cannot be read: No such file"):
        files_below(tmp_path / "gone")
