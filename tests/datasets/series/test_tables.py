"""Tables as people have them: each is read as its writer meant it, or refused by its line."""

import datetime

import numpy as np
import pytest

from keras_vrae import datasets
from keras_vrae.datasets.series import Preparation, read_series
from keras_vrae.datasets.series.preparation import Series, make_splits
from keras_vrae.datasets.tables import TableSettings
from keras_vrae.validation import DataError, SettingError


def read(tmp_path, text, name="table.csv", **settings):
    path = tmp_path / name
    path.write_text(text)
    return read_series(path, TableSettings(**settings))


def lists(series):
    return [value.tolist() for value in series.values]


LONG = [[[1.0, 5.0], [2.0, 6.0]], [[3.0, 7.0]]]


@pytest.mark.parametrize("time", ["time", "timestamp", "Date", "ds", "datetime", "t"])
@pytest.mark.parametrize("label", ["label", "class", "Target", "category"])
@pytest.mark.parametrize("name", ["id", "unique_id", "series_id"])
def test_usual_names_of_columns(tmp_path, time, label, name):
    text = f"{name},{time},a,b,{label}\nx,0,1,5,Walking\nx,1,2,6,Walking\ny,0,3,7,rest\n"
    series = read(tmp_path, text)
    assert lists(series) == LONG
    assert series.labels == ["Walking", "rest"]
    assert series.channels == ("a", "b")
    assert series.read_as == (
        f"long form, 2 series by `{name}`, time `{time}`, channels `a`, `b`, labels `{label}`"
    )


def test_columns_by_settings(tmp_path):
    text = "who,when,a,b,time\nx,0,1,5,9\nx,1,2,6,9\ny,0,3,7,8\n"
    settings = {"id_column": "who", "time_column": "when", "label_column": "time"}
    series = read(tmp_path, text, **settings)
    assert lists(series) == LONG
    assert series.labels == ["9", "8"]
    with pytest.raises(SettingError, match=r"`time_column` must be a column of .*Received.*'hour'"):
        read(tmp_path, text, time_column="hour")
    with pytest.raises(SettingError, match="must be different columns"):
        read(tmp_path, text, time_column="when", label_column="when")


def test_an_empty_setting_makes_a_usual_name_a_channel(tmp_path):
    series = read(tmp_path, "time,target\n0,1\n1,2\n", label_column="")
    assert lists(series) == [[[1.0], [2.0]]]
    assert series.channels == ("target",)


def test_two_usual_names_are_refused(tmp_path):
    with pytest.raises(SettingError, match="`time_column` must be given, as `date` and `time`"):
        read(tmp_path, "date,time,a\n2020-01-01,0,1\n")


def test_repeated_ids_make_a_long_table(tmp_path):
    series = read(tmp_path, "id,a,b\nx,1,5\nx,2,6\ny,3,7\n")
    assert lists(series) == LONG
    assert "time in the order of the rows" in series.read_as


def test_the_index_of_pandas_is_left_out_aloud(tmp_path):
    series = read(tmp_path, ",a,b\n0,1,5\n1,2,6\n")
    assert lists(series) == [[[1.0], [5.0]], [[2.0], [6.0]]]
    assert "a first column without a name is left out" in series.read_as
    assert lists(read(tmp_path, "Unnamed: 0,time,a\n7,0,1\n3,1,5\n")) == [[[1.0], [5.0]]]
    # Columns without names, with their index.
    assert lists(read(tmp_path, ",0,1\n0,1,5\n1,2,6\n")) == [[[1.0], [5.0]], [[2.0], [6.0]]]


def test_an_index_of_dates_is_the_time(tmp_path):
    series = read(tmp_path, ",a\n2020-01-01,1\n2020-01-02,5\n")
    assert lists(series) == [[[1.0], [5.0]]]
    assert series.times[0].tolist() == [0, 86_400]
    assert "time the first column" in series.read_as


def test_a_first_row_of_numbers_is_data(tmp_path):
    series = read(tmp_path, "1,5\n2,6\n,\n"[:8])
    assert lists(series) == [[[1.0], [5.0]], [[2.0], [6.0]]]
    assert series.read_as.endswith("no header: the first row is data")
    assert len(read(tmp_path, "0,1,2\n3,4,5\n").values) == 2


def test_a_delimiter_at_the_end_of_lines_is_no_channel(tmp_path):
    series = read(tmp_path, "time,a,\n0,1,\n1,5,\n")
    assert series.channels == ("a",)
    assert lists(series) == [[[1.0], [5.0]]]


def test_semicolons_and_decimal_commas(tmp_path):
    text = "time;a;b\n0;1,5;2\n1;2,5;3\n"
    with pytest.raises(DataError, match=r"line 1 must have cells between ',';.*`delimiter`.*';'"):
        read(tmp_path, text)
    with pytest.raises(DataError, match="line 2: values must be numbers; `decimal` must be ','"):
        read(tmp_path, text, delimiter=";")
    series = read(tmp_path, text, delimiter=";", decimal=",")
    assert lists(series) == [[[1.5, 2.0], [2.5, 3.0]]]
    with pytest.raises(DataError, match=r"line 2: values must be numbers. Received: '1.5'"):
        read(tmp_path, "time;a\n0;1.5\n", delimiter=";", decimal=",")


@pytest.mark.parametrize("cell", ["", "NA", "N/A", "<NA>", "NaT", "nan", "null", "None", "?", " "])
def test_marks_of_missing_values(tmp_path, cell):
    series = read(tmp_path, f"time,a\n0,1\n1,{cell}\n2,5\n")
    np.testing.assert_array_equal(series.values[0][:, 0], [1, np.nan, 5])


REFUSED = {
    "underscore": ("time,a\n0,1_2\n", "line 2: values must be numbers. Received: '1_2'"),
    "thousands": ('time,a\n0,"1,234.5"\n', "line 2: values must be numbers"),
    "digits": ("time,a\n0,٣\n", "line 2: values must be numbers"),
    "words": ("time,a\n0,much\n", "line 2: values must be numbers. Received: 'much'"),
    "twice": ("time,a,a\n0,1,2\n", "columns of different names"),
    "unnamed": ("time,a,,b\n0,1,2,3\n", "of which the first alone may be empty"),
    "quote": ('time,a\n0,"1\n1,2\n', "line 2 cannot be read: the quote that opens in this row"),
    "after": ('time,a\n0,"1"2\n', "line 2 cannot be read"),
    "lines": ('time,a\n0,"1\n2"\n', "line 2: values must be numbers"),
    "named": ("time,a,\n0,1,2\n", "line 2: the last column must have a name"),
    "half": ("1.5,0.5,walk\n2,3,run\n", "line 1 must be a header"),
    "zones": (
        "time,a\n2020-01-01T00:00:00Z,1\n2020-01-02T00:00:00,2\n",
        "line 3: the time of the series must be numbers alone, or dates of which all or none",
    ),
    "kinds": ("time,a\n2020-01-01,1\n7,2\n", "line 3: the time of the series must be numbers"),
    "order": ("time,a\n2020-01-02,1\n2020-01-01,2\n", "line 3: the time of the series must rise"),
    "date": ("time,a\n01.02.2020,1\n", "line 2: time must be a number, or a date and time as in"),
    "id": ("id,time,a\nx,0,1\n,1,2\n", "line 3: each row must have an id"),
}


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(tmp_path, text, words):
    with pytest.raises(DataError) as raised:
        read(tmp_path, text)
    assert words in str(raised.value)
    assert str(tmp_path / "table.csv") in str(raised.value)


def test_zones_are_compared_in_one(tmp_path):
    series = read(tmp_path, "time,a\n2020-01-01T02:00:00+02:00,1\n2020-01-01T01:00:00Z,2\n")
    assert series.times[0].tolist() == [0, 3600]


def test_json_and_tabs(tmp_path):
    rows = '{"id": "x", "time": 0, "a": 1, "b": 5}\n{"id": "x", "time": 1, "a": 2, "b": 6}\n'
    rows += '{"b": 7, "id": "y", "time": 0, "a": 3}\n'
    assert lists(read(tmp_path, rows, "rows.jsonl")) == LONG
    assert lists(read(tmp_path, rows, "rows.json")) == LONG
    array = f"[{','.join(rows.splitlines())}]"
    assert lists(read(tmp_path, array, "array.json")) == LONG
    tabs = "id\ttime\ta\tb\nx\t0\t1\t5\nx\t1\t2\t6\ny\t0\t3\t7\n"
    assert lists(read(tmp_path, tabs, "rows.tsv")) == LONG
    assert lists(read(tmp_path, tabs, delimiter="tab")) == LONG
    for text, words in (
        ('{"time": 0, "a": 1}\n{"time": 1, "b": 2}\n', r"line 2 must have the keys of the first"),
        ('{"time": 0, "a": [1, 2]}\n', "line 1: values must be numbers"),
        (
            '{"time": 0, "a": 1, "a": 2}\n',
            "line 1 must be a JSON object.*an object that has the key 'a' twice",
        ),
        ("[1, 2]\n", "line 1 must be a JSON object with keys. Received: list"),
        ("[" * 50_000, "line 1 must be JSON of 100 levels"),
    ):
        with pytest.raises(DataError, match=words):
            read(tmp_path, text, "bad.jsonl")


def test_parquet_with_an_index_and_missing_labels(tmp_path):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"a": [1.0, None, 3.0], "class": [1, None, 2]})
    frame.index = pd.DatetimeIndex(pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-03"]))
    frame.index.name = "date"
    frame["id"] = ["x", "y", "z"]
    frame.to_parquet(tmp_path / "a.parquet")
    series = read_series(tmp_path / "a.parquet")
    assert series.labels == ["1", None, "2"]
    assert np.isnan(series.values[1]).all()


@pytest.mark.parametrize("none", ["", "-1", "NaN", "nan"])
def test_no_label_is_no_class(tmp_path, none):
    rows = [f"{n % 7},{n},{['up', none, 'down'][n % 3]}" for n in range(30)]
    (tmp_path / "a.csv").write_text("\n".join(["u,v,label", *rows]))
    splits = datasets.load(f"timeseries:{tmp_path / 'a.csv'}")
    assert splits.spec.class_names == ("down", "up")
    y = np.concatenate([split.y for split in splits[:3]])
    assert [int(np.sum(y == number)) for number in (-1, 0, 1)] == [10, 10, 10]
    assert "10 examples have no label" in splits.spec.notes["remarks"]


@pytest.mark.parametrize(("labels", "reason"), [([0.5, 2], "fractions"), (range(30), "different")])
def test_targets_of_a_regression_make_no_classes(tmp_path, labels, reason):
    rows = [f"{n % 7},{n},{labels[n % len(labels)]}" for n in range(30)]
    (tmp_path / "a.csv").write_text("\n".join(["u,v,target", *rows]))
    splits = datasets.load(f"timeseries:{tmp_path / 'a.csv'}")
    assert splits.spec.class_names == ("all",)
    assert reason in splits.spec.notes["remarks"][0]
    for part in splits[:3]:
        expected = [float(labels[int(v) % len(labels)]) for v in part.x[:, 1, 0]]
        assert part.targets.tolist() == expected


def test_gaps_are_filled_by_time_stamps():
    times = [np.array([0.0, 1.0, 10.0])] * 4
    series = Series([np.array([[0.0], [np.nan], [10.0]])] * 4, times=times)
    splits = make_splits(series, "it", Preparation(missing="interpolate"))
    assert splits.train.x[0, :, 0].tolist() == [0, 1, 10]
    assert splits.spec.notes["remarks"] == [
        "steps in time are irregular: from 1 to 9, 5 at the median",
        "4 missing values are interpolated",
    ]


def test_no_window_runs_across_a_gap_unless_asked_for():
    steps = np.ones(120)
    steps[60] = 50.0
    series = Series([np.arange(120.0)[:, np.newaxis]], times=[np.cumsum(steps)])
    splits = make_splits(series, "it", Preparation(window=8, stride=1))
    for part in splits[:3]:
        assert not np.any((part.x[:, 0, 0] < 60) & (part.x[:, -1, 0] >= 60))
    assert splits.spec.notes["remarks"][1:] == [
        "gaps in time longer than 10 median steps: 1; no window runs across them",
        "series are cut in time; 4 steps between parts are left out",
    ]
    across = make_splits(series, "it", Preparation(window=8, stride=1, max_gap=0))
    assert across.train.size == splits.train.size + 7
    assert across.spec.notes["remarks"][1].endswith("1; windows run across them")


def test_parts_share_no_step_and_know_nothing_of_each_other():
    """The training part is zeros and ends in a gap, behind which the values are large."""
    value = np.zeros((500, 1))
    value[350:] = 100.0
    value[330:360] = np.nan
    series = Series([value + 1e-3 * np.arange(500)[:, np.newaxis]])
    preparation = Preparation(window=20, stride=1, missing="interpolate")
    splits = make_splits(series, "it", preparation)
    assert splits.train.x.max() < 1
    assert splits.spec.standardization["mean"][0] < 1
    steps = [set(np.unique(part.x).tolist()) for part in splits[:3]]
    assert not steps[0] & steps[1]
    assert not steps[1] & steps[2]


def test_whole_series_are_drawn_if_none_can_be_cut():
    values = [np.full((10, 1), float(n)) for n in range(50)]
    splits = make_splits(Series(values), "it", Preparation(window=8, stride=1))
    found = [set(np.unique(part.x).tolist()) for part in splits[:3]]
    assert [len(part) for part in found] == [36, 4, 10]
    assert not found[0] & found[1] | found[1] & found[2] | found[0] & found[2]


def test_dates_of_python(tmp_path):
    day = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    text = f"time,a\n{day.isoformat()},1\n{(day + datetime.timedelta(1)).isoformat()},2\n"
    assert read(tmp_path, text).times[0].tolist() == [0, 86_400]
