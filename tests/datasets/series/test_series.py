"""Time series from files of every kind, whole and broken."""

import numpy as np
import pytest

from keras_vrae import datasets
from keras_vrae.backend.tensorflow.batches import array_batches
from keras_vrae.datasets.pipeline import evaluation_batches, steps_in_epoch, training_batches
from keras_vrae.datasets.series.preparation import Preparation, Series, make_splits
from keras_vrae.validation import DataError, SettingError

RNG = np.random.default_rng(0)
VALUES = [RNG.normal(size=(steps, 2)).round(3) + 5 for steps in (3, 5, 2, 4, 5, 3, 1, 4, 5, 2)]
LABELS = [["low", "high"][number % 2] for number in range(len(VALUES))]


def write_npz(path, **others):
    x = np.zeros((10, 5, 2))
    for row, value in zip(x, VALUES, strict=True):
        row[: len(value)] = value
    lengths = np.array([len(value) for value in VALUES])
    np.savez(path, **{"x": x, "lengths": lengths, "y": np.array(LABELS), **others})


def write_long(path, extra=""):
    lines = ["id,time,a,b,label"]
    for number, (value, label) in enumerate(zip(VALUES, LABELS, strict=True)):
        lines += [f"s{number},{t},{a},{b},{label}" for t, (a, b) in enumerate(value.tolist())]
    path.write_text("\n".join(lines) + "\n" + extra)


def write_wide(path, extra=""):
    lines = ["label,t0,t1,t2,t3,t4"]
    for value, label in zip(VALUES, LABELS, strict=True):
        cells = [*map(str, value[:, 0]), *[""] * (5 - len(value))]
        lines.append(",".join([label, *cells]))
    path.write_text("\n".join(lines) + "\n" + extra)


def write_parquet(path, extra=None):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    write_long(path.with_suffix(".csv"))
    frame = pd.read_csv(path.with_suffix(".csv"), float_precision="round_trip")
    frame.to_parquet(path)


def load(path, **options):
    return datasets.load(f"timeseries:{path}", **options)


WRITERS = {".npz": write_npz, "-long.csv": write_long, "-wide.csv": write_wide}
WRITERS[".parquet"] = write_parquet


@pytest.mark.parametrize("ending", WRITERS)
def test_every_format_gives_the_series_back(ending, tmp_path):
    path = tmp_path / f"file{ending}"
    WRITERS[ending](path)
    splits = load(path)
    channels = 1 if "wide" in ending else 2
    assert splits.spec.class_names == ("high", "low")
    assert splits.spec.event_shape == (5, channels)
    found = {}
    for part in splits[:3]:
        for x, y, length in zip(part.x, part.y, part.lengths, strict=True):
            assert not x[length:].any()
            found[tuple(x[:length, 0].tolist())] = splits.spec.class_names[y]
    expected = {tuple(v[:, 0].tolist()): k for v, k in zip(VALUES, LABELS, strict=True)}
    assert found == expected


def test_standardization_is_that_of_the_training_part(tmp_path):
    write_npz(tmp_path / "a.npz")
    splits = load(tmp_path / "a.npz")
    steps = np.concatenate(
        [x[:n] for x, n in zip(splits.train.x, splits.train.lengths, strict=True)]
    )
    np.testing.assert_allclose(splits.spec.standardization["mean"], steps.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(splits.spec.standardization["scale"], steps.std(axis=0), rtol=1e-5)
    assert load(tmp_path / "a.npz", standardize=False).spec.standardization is None


def write_large(path, mean, spread, dtype="float64"):
    """Writes series whose spread is small for their mean; returns all steps."""
    x = mean + spread * RNG.normal(size=(20, 6, 1))
    if path.suffix == ".npz":
        np.savez(path, x=x.astype(dtype), x_test=x.astype(dtype))
    else:
        lines = ["a,b,c,d,e,f", *(",".join(map(repr, row)) for row in x[:, :, 0].tolist())]
        path.write_text("\n".join(lines) + "\n")
    return x


@pytest.mark.parametrize("ending", [".npz", ".csv"])
@pytest.mark.parametrize(("mean", "spread"), [(1e5, 0.005), (-3e9, 7.0), (0.0, 1e12)])
def test_a_small_spread_around_a_large_mean_survives_loading_and_batches(
    tmp_path, ending, mean, spread
):
    path = tmp_path / f"a{ending}"
    x = write_large(path, mean, spread)
    splits = load(path)
    assert splits.spec.standardization["constant_channels"] == []
    mean, scale = (np.array(splits.spec.standardization[name]) for name in ("mean", "scale"))
    train = splits.train
    batches = {
        "training": list(training_batches(train, 4, seed=0).take(steps_in_epoch(train, 4))),
        "evaluation": list(evaluation_batches(train, 4, with_labels=False)),
        "arrays": [x for x, y in array_batches(train.x, train.x, batch_size=4)],
        "targets": [y for x, y in array_batches(train.x, train.x, batch_size=4)],
    }
    for name, found in batches.items():
        standardized = (np.concatenate(found) - mean) / scale
        assert abs(standardized.mean()) < 1e-3, name
        assert abs(standardized.std() - 1) < 1e-3, name
    if ending == ".npz":
        np.testing.assert_array_equal(splits.test.x, x)
    else:
        rows = np.concatenate([part.x for part in splits[:3]])[:, :, 0]
        assert sorted(map(tuple, rows)) == sorted(map(tuple, x[:, :, 0]))


def test_float32_stays_what_it_is(tmp_path):
    write_large(tmp_path / "a.npz", 1.0, 1.0, "float32")
    assert load(tmp_path / "a.npz").train.x.dtype == "float32"
    write_large(tmp_path / "b.npz", 1.0, 1.0)
    assert load(tmp_path / "b.npz").train.x.dtype == "float64"
    assert load(tmp_path / "b.npz", standardize=False).train.x.dtype == "float32"


def test_official_parts_are_kept(tmp_path):
    write_npz(tmp_path / "a.npz", x_test=np.ones((4, 5, 2)), y_test=np.array(["low"] * 4))
    splits = load(tmp_path / "a.npz")
    assert [part.size for part in splits[:3]] == [9, 1, 4]
    assert (splits.test.x == 1).all()


def test_windows_of_one_series_keep_time_apart(tmp_path):
    lines = ["time,value", *(f"2024-01-01T00:{step:02d}:00,{step}" for step in range(60))]
    (tmp_path / "one.csv").write_text("\n".join(lines))
    splits = load(tmp_path / "one.csv", window=4, stride=2)
    assert splits.spec.event_shape == (4, 1)
    assert splits.spec.class_names == ("all",)
    for part in splits[:3]:
        assert (np.diff(part.x[:, :, 0]) == 1).all()
        assert part.lengths is None
    # Of 60 steps the last fifth is for the test, and of the 46 before it at least a window for
    # validation; half a window between two parts is for none.
    spans = [(part.x.min(), part.x.max()) for part in splits[:3]]
    assert spans == [(0, 37), (41, 44), (48, 59)]


def test_gaps_are_filled_on_a_line_in_time():
    values = [np.array([[np.nan], [1.0], [np.nan], [3.0], [np.nan]])] * 4
    splits = make_splits(Series(values), "it", Preparation(missing="interpolate"))
    assert splits.train.x[0, :, 0].tolist() == [1, 1, 2, 3, 3]
    assert splits.spec.notes["imputed_values"] == 12


def test_constant_channels_are_shifted_only():
    splits = make_splits(Series([np.full((4, 1), 7.0)] * 4), "it")
    assert splits.spec.standardization == {"mean": [7.0], "scale": [1.0], "constant_channels": [0]}


def test_long_sequences_leave_the_length_open():
    values = [RNG.normal(size=(steps, 1)) for steps in (70, 3, 9, 5)]
    assert make_splits(Series(values), "it").spec.event_shape == (None, 1)
    assert make_splits(Series(values[:1] * 3), "it").spec.event_shape == (70, 1)


BROKEN = {
    "ragged": (lambda p: write_long(p, "s9,9,1.0\n"), "line 36: a row must have 5 cells"),
    "more": (lambda p: write_long(p, "s9,9,1,1,low,7\n"), "line 36: a row must have 5 cells"),
    "time": (lambda p: write_long(p, "s0,1,1,1,low\n"), "line 36: the time of s0 must rise"),
    "text": (lambda p: write_long(p, "t,0,x,1,low\n"), "values must be numbers. Received: 'x'"),
    "label": (lambda p: write_long(p, "s0,9,1,1,high\n"), "a series must have one label"),
    "gap": (
        lambda p: write_long(p, "t,0,,1,low\n"),
        "id t: the value at step 0, channel a is missing",
    ),
    "empty": (lambda p: p.write_text(""), "must have a header or rows"),
    "no rows": (lambda p: p.write_text("id,time,a\n"), "must have rows"),
    "few": (lambda p: p.write_text("id,time,a\nx,0,1\n"), "3 or more series"),
    "bytes": (lambda p: p.write_bytes(b"a,b\n\xff\xfe\x00"), "line 2 must be UTF-8"),
}


@pytest.mark.parametrize(("write", "words"), BROKEN.values(), ids=BROKEN)
def test_broken_csv_is_named(write, words, tmp_path):
    path = tmp_path / "broken.csv"
    write(path)
    with pytest.raises(DataError) as raised:
        load(path)
    assert words in str(raised.value)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"lengths": np.array([9] * 10)}, "lengths[0]=9"),
        ({"lengths": np.array([0] * 10)}, "lengths[0]=0"),
        ({"y": np.zeros(3)}, "`y` must have one value for each of 10"),
        ({"x": np.zeros(3)}, "`x` must be numbers of shape"),
        ({"x": np.full((10, 5, 2), np.inf)}, "must be finite"),
        ({"x": np.full((10, 5, 2), -1e39)}, "of at most 3.4e+38. Received: 1e+39"),
        ({"x_test": np.zeros((2, 5, 3))}, "same channels"),
    ],
)
def test_broken_archives_are_named(others, words, tmp_path):
    write_npz(tmp_path / "a.npz", **others)
    with pytest.raises(DataError) as raised:
        load(tmp_path / "a.npz")
    assert words in str(raised.value)


def test_a_channel_without_any_value_is_refused():
    values = [np.array([[1.0, np.nan], [2.0, np.nan]])] * 4
    with pytest.raises(DataError, match="series 0: channel 1 has no value"):
        make_splits(Series(values), "it", Preparation(missing="interpolate"))


@pytest.mark.parametrize("name", ["gone.csv", "file.xlsx", "folder/NAME"])
def test_invalid_names_of_files_are_refused_at_once(name):
    with pytest.raises(SettingError, match="`dataset` must be timeseries: and a file"):
        datasets.load(f"timeseries:{name}")


def test_series_without_channels_are_refused():
    with pytest.raises(DataError, match=r"one or more, in all series. Received: \[0\]"):
        make_splits(Series([np.zeros((5, 0))] * 4), "it")


def test_the_sets_of_aeon():
    pytest.importorskip("aeon")
    splits = datasets.load("timeseries:JapaneseVowels")
    assert [part.size for part in splits[:3]] == [243, 27, 370]
    assert splits.spec.event_shape == (29, 12)
    assert splits.spec.num_classes == 9
    with pytest.raises(SettingError, match="ItalyPowerDemand"):
        datasets.load("timeseries:NoSuchSet")
