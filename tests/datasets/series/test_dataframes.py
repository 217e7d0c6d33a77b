"""Time series in DataFrames."""

import datetime

import numpy as np
import pytest

from keras_vrae.datasets import from_dataframe
from keras_vrae.validation import DataError, SettingError

pd = pytest.importorskip("pandas")

LONG = pd.DataFrame(
    {
        "machine": ["b", "a", "b", "a", "b"],
        "when": [2, 1, 1, 0, 3],
        "speed": [2.0, 6.0, 1.0, 5.0, 3.0],
        "load": [20, 60, 10, 50, 30],
        "state": ["good", "bad", "good", "bad", "good"],
    }
)


def read(frame=LONG, **options):
    return from_dataframe(frame, id="machine", time="when", label="state", **options)


def test_steps_are_put_in_order_and_series_stay_in_theirs():
    series = read()
    assert [value.tolist() for value in series.values] == [
        [[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]],
        [[5.0, 50.0], [6.0, 60.0]],
    ]
    assert series.ids == ["b", "a"]
    assert series.labels == ["good", "bad"]
    assert series.channels == ("speed", "load")
    assert [times.tolist() for times in series.times] == [[1, 2, 3], [0, 1]]
    assert series.inputs["lengths"].tolist() == [3, 2]


def test_the_frame_of_the_caller_is_left_alone():
    before = LONG.copy()
    read()
    pd.testing.assert_frame_equal(LONG, before)


@pytest.mark.parametrize("kind", ["date", "text", "index"])
def test_times_are_dates(kind):
    days = [datetime.datetime(2024, 1, day) for day in (3, 1, 10)]
    if kind == "text":
        days = [day.isoformat() for day in days]
    frame = pd.DataFrame({"id": [1, 1, 1], "date": days, "value": [2.0, 1.0, 3.0]})
    series = from_dataframe(frame.set_index("date") if kind == "index" else frame)
    assert series.values[0][:, 0].tolist() == [1.0, 2.0, 3.0]
    assert np.diff(series.times[0]).tolist() == [2 * 86400, 7 * 86400]


def test_a_wide_frame_has_a_series_in_each_row():
    frame = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], columns=["0", "1"]).assign(label=["x", "y"])
    series = from_dataframe(frame)
    assert series.inputs.tolist() == [[[1.0], [2.0]], [[3.0], [4.0]]]
    assert series.labels == ["x", "y"]


def test_missing_values():
    frame = LONG.assign(speed=[np.nan, 6.0, 1.0, 5.0, 3.0])
    with pytest.raises(DataError, match="the DataFrame, id b: the value at step 1, channel speed"):
        read(frame)
    assert read(frame, missing="interpolate").values[0][:, 0].tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("frame", "options", "error", "words"),
    [
        ([[1.0]], {}, SettingError, "`df` must be a DataFrame. Received: df='list'"),
        (LONG, {"id": "maschine"}, SettingError, "`id` must be a column of the DataFrame"),
        (LONG, {"id": "speed", "time": "speed"}, SettingError, "must be different columns"),
        (
            LONG.assign(when=1),
            {"id": "machine", "time": "when", "label": "state"},
            DataError,
            "must rise",
        ),
        (LONG, {"id": "machine", "time": "when"}, DataError, "values must be numbers"),
        (
            LONG.assign(state=list("aabba")),
            {"id": "machine", "time": "when", "label": "state"},
            DataError,
            "a series must have one label",
        ),
        (
            LONG.assign(machine=[None, "a", "b", "a", "b"]),
            {"id": "machine", "time": "when", "label": "state"},
            DataError,
            "each row must have an id",
        ),
        (LONG.iloc[:0], {"id": "machine", "time": "when"}, DataError, "must have rows"),
    ],
)
def test_what_is_refused(frame, options, error, words):
    with pytest.raises(error) as raised:
        from_dataframe(frame, **options)
    assert words in str(raised.value)


def test_another_kind_of_frame():
    class Other:
        def to_pandas(self):
            return LONG

    assert read(Other()).ids == ["b", "a"]
