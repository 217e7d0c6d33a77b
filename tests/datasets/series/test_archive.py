"""Files of the UCR and UEA archives: what they say, line by line."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from keras_vrae.datasets.series.archive import read_ts
from keras_vrae.validation import DataError

NAN = np.nan
HEAD = "@classLabel true Walking running\n@data\n"


def write(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def check_values(series, expected):
    for found, value in zip(series.values, expected, strict=True):
        np.testing.assert_array_equal(found, np.array(value, float))
        assert found.shape == np.shape(value)


def test_a_file_as_people_have_it(tmp_path):
    """Comments in two styles and any encoding, blank lines, tags in any case, CR LF, a BOM."""
    text = (
        b"\xef\xbb\xbf# A set of Universit\xe4t X, with @data in a comment.\r\n"
        b"% Another comment\r\n\r\n"
        b"@PROBLEMNAME walks\r\n@TimeStamps False\r\n@univariate\tfalse\r\n\r\n"
        b"@CLASSLABEL TRUE Walking running Left hand\r\n@missing true\r\n  @Data  \r\n\r\n"
        b"1,2.5,-3e1 : 4, ? ,6:Walking\r\n"
        b"# between\r\n   \r\n"
        b"7:NaN: running \r\n"
        b"1,2:3,4:Left hand\r\n"
        b"1:2:?\r\n"
        b"0.5:0.25:\r\n\r\n%"
    )
    series = read_ts(write(tmp_path / "a.ts", text))
    check_values(
        series,
        [[[1, 4], [2.5, NAN], [-30, 6]], [[7, NAN]], [[1, 3], [2, 4]], [[1, 2]], [[0.5, 0.25]]],
    )
    assert series.labels == ["Walking", "running", "Left hand", None, None]
    assert series.names == [f"line {number}" for number in (12, 15, 16, 17, 18)]
    assert series.tests is None


def test_the_test_part_lies_next_to_the_training_part(tmp_path):
    folder = tmp_path / "A_TRAIN.ts.files"
    folder.mkdir()
    write(folder / "A_TEST.ts", "@classLabel true a b\n@data\n5,6:a\n")
    series = read_ts(write(folder / "A_TRAIN.ts", "@classLabel true a b\n@data\n1,2:b\n3,4:a\n"))
    check_values(series, [[[1], [2]], [[3], [4]], [[5], [6]]])
    assert series.labels == ["b", "a", "a"]
    assert series.tests == [False, False, True]
    assert read_ts(folder / "A_TEST.ts").tests is None


def test_minus_one_is_a_class_if_the_header_names_it(tmp_path):
    rows = "@data\n1:-1\n2:1\n"
    labels = read_ts(write(tmp_path / "a.ts", f"@classLabel true -1 1\n{rows}")).labels
    assert labels == ["-1", "1"]
    labels = read_ts(write(tmp_path / "a.ts", f"@classLabel true 0 1\n{rows}")).labels
    assert labels == [None, "1"]


def test_targets_of_a_regression_are_not_classes(tmp_path):
    path = write(tmp_path / "a.ts", "@targetlabel true\n@data\n1,2:0.5\n3,4:0.75\n5,6:1e3\n")
    series = read_ts(path)
    assert "are numbers to predict, and make no classes" in series.remarks[0]
    check_values(series, [[[1], [2]], [[3], [4]], [[5], [6]]])
    assert series.labels is None
    assert series.targets == [0.5, 0.75, 1000]


def test_series_without_classes(tmp_path):
    series = read_ts(write(tmp_path / "a.ts", "@classLabel false\n@data\n1,2:3,4\n5:6\n"))
    check_values(series, [[[1, 3], [2, 4]], [[5, 6]]])
    assert series.labels is None


FAULTS = {
    "empty": ("", "must have a line @data before"),
    "comments alone": ("# one\n\n% two\n", "must have a line @data before"),
    "no header": ("1,2,3:a\n", "line 1 must be a tag, .* Received: 1,2,3:a"),
    "no @data": ("@classLabel true a\n1,2,3:a\n", "line 2 must be a tag, .* until a line @data"),
    "no rows": (HEAD + "\n# none\n", "must have a row for each series after @data"),
    "time stamps": ("@timestamps true\n@data\n(0,1):a\n", "@timestamps false"),
    "neither": ("@univariate true\n@data\n1,2:1\n", "must say with @classLabel or @targetLabel"),
    "both": ("@classLabel true a\n@targetLabel true\n@data\n1:1\n", "without @targetLabel true"),
    "no names": ("@classLabel true\n@data\n1:a\n", "with the names of the classes.*: no names"),
    "switch": ("@univariate maybe\n@data\n", "line 1: @univariate must be true or false"),
    "no switch": ("@univariate\n@data\n", "line 1: @univariate must be true or false"),
    "another class": (HEAD + "1,2:Walking\n3,4:jumping\n", "line 4 must end with one of .*jumping"),
    "class in another case": (HEAD + "1,2:walking\n", "line 3 must end with one of .*walking"),
    "class forgotten": (HEAD + "1,2,3\n", "line 3 must have channels .* and a class or a target"),
    "class forgotten of two": (HEAD + "1,2:3,4\n", "line 3 must end with one of the classes"),
    "text": (HEAD + "\n1,x,3:Walking\n", "line 4 must have numbers.* Received: 'x'"),
    "a hole": (HEAD + "1,,3:Walking\n", "line 3 must have numbers.* Received: ''"),
    "a comma at the end": (HEAD + "1,2,:Walking\n", "line 3 must have numbers.* Received: ''"),
    "underscores": (HEAD + "1,2_0,3:Walking\n", "line 3 must have numbers.* Received: '2_0'"),
    "a second header": (HEAD + "1:Walking\n@data\n", "line 4 must have channels"),
    "channels": (HEAD + "1:2:Walking\n1:running\n", "line 4 must have as many channels .* 1$"),
    "univariate": ("@univariate true\n" + HEAD + "1:2:Walking\n", "line 4 must have as many .* 2$"),
    "lengths of channels": (HEAD + "1,2:3:Walking\n", r"line 3 must have channels .*\[1, 2\]"),
    "lengths": (
        "@equalLength true\n" + HEAD + "1,2:Walking\n1,2,3:Walking\n",
        "line 5 must have 2 steps, .* or the header @equalLength false. Received: 3",
    ),
    "target": ("@targetLabel true\n@data\n1,2:a\n", "line 3 must have numbers.* Received: 'a'"),
    "bytes": (HEAD.encode() + b"1,\xff:Walking\n", "line 3 must be UTF-8"),
}


@pytest.mark.parametrize(("text", "words"), FAULTS.values(), ids=FAULTS)
def test_faults_are_named_with_their_line(tmp_path, text, words):
    path = write(tmp_path / "a.ts", text)
    with pytest.raises(DataError, match=words) as raised:
        read_ts(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


@pytest.mark.slow
def test_the_sets_of_aeon_are_read_as_aeon_reads_them():
    pytest.importorskip("aeon")
    from aeon.datasets import load_from_ts_file

    folder = Path(importlib.util.find_spec("aeon").submodule_search_locations[0], "datasets/data")
    with_classes, read = 0, set()
    for path in sorted(folder.rglob("*_TEST.ts")):
        x, y, about = load_from_ts_file(str(path), return_meta_data=True)
        if about["targetlabel"]:
            series = read_ts(path)
            assert "numbers to predict" in series.remarks[0]
            assert series.labels is None
        else:
            series = read_ts(path)
            # aeon gives classes in lower case.
            assert [label.lower() for label in series.labels] == y.tolist()
            with_classes += 1
        for found, expected in zip(series.values, x, strict=True):
            np.testing.assert_array_equal(found, expected.T)
        read.add(path.name)
    assert {"BasicMotions_TEST.ts", "JapaneseVowels_TEST.ts", "GunPoint_TEST.ts"} <= read
    assert 0 < with_classes < len(read)


def test_classes_keep_their_case():
    pytest.importorskip("aeon")
    from keras_vrae import datasets

    names = datasets.load("timeseries:BasicMotions").spec.class_names
    assert names == ("Badminton", "Running", "Standing", "Walking")
