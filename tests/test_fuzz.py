"""Damaged input gets one clear line."""

import gzip
import json
import random
import struct
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_vrae.datasets import series, tfrecord
from keras_vrae.datasets.images import idx
from keras_vrae.training import ExperimentConfig, RunDirectory
from keras_vrae.training.checkpoints import NAME
from keras_vrae.training.checks import parse_interval
from keras_vrae.validation import DataError, SettingError

LIGHT = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)
INPUTS = 25  # Damaged files of each kind.
# Values that a JSON file may hold instead of any other.
ODD_VALUES = (None, True, -1, 0, 1e308, -1e-308, 2**70, "", "\0", "x" * 1000, [], {}, [[]], "NaN")
SERIES = "series,step,a,b\n" + "".join(f"{n // 4},{n % 4},{n}.5,{-n}\n" for n in range(160))
TS_HEADER = """# A set of the archive's kind.
@problemName Damaged
@timestamps false
@missing true
@univariate false
@equalLength false
@classLabel true a b
@data
"""
TS = TS_HEADER + "".join(
    f"{n}.5,?,-{n}e-1{',7' * (n % 3)}:0.25,{n},1{',NaN' * (n % 3)}:{'ab'[n % 2]}\n"
    for n in range(20)
)


def damaged(content):
    """Returns bytes like these, damaged in one to three places."""
    content = bytearray(content)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(content) + 1)
        length = random.choice((1, 1, 2, 4, 8, 64))
        kind = random.randrange(6)
        if kind == 0 and at < len(content):
            content[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            content[at:at] = random.randbytes(length)
        elif kind == 2:
            del content[at : at + length]
        elif kind == 3:
            content[at : at + length] = content[:length]
        elif kind == 4:
            content[at : at + length] = random.choice((b"\0", b"\xff", b"9")) * length
        elif kind == 5 and random.random() < 0.3:
            del content[at:]
    return bytes(content)


def damaged_json(content):
    """The JSON text of an object with a value exchanged or gone, or damaged as bytes."""
    if random.random() < 0.3:
        return damaged(content)
    value = json.loads(content)
    place = value
    while True:
        if not place:
            return json.dumps(random.choice(ODD_VALUES)).encode()
        key = random.choice(list(place) if isinstance(place, dict) else range(len(place)))
        if isinstance(place[key], (dict, list)) and place[key] and random.random() < 0.7:
            place = place[key]
            continue
        if random.random() < 0.2:
            del place[key]
        else:
            place[key] = random.choice(ODD_VALUES)
        return json.dumps(value).encode()


def idx_file(folder):
    path = folder / "images-idx3-ubyte"
    path.write_bytes(struct.pack(">4I", 0x0803, 20, 5, 4) + bytes(range(200)) * 2)
    return path, lambda path: idx.read_idx(path, 3)


def zipped_idx_file(folder):
    plain, read = idx_file(folder)
    path = plain.with_name("images-idx3-ubyte.gz")
    path.write_bytes(gzip.compress(plain.read_bytes()))
    return path, read


def load_series(path):
    splits = series.load(path, series.Preparation(missing="interpolate"))
    scaling = splits.spec.standardization
    for values in (*(split.x for split in splits[:3]), scaling["mean"], scaling["scale"]):
        assert np.size(values)
        assert np.isfinite(values).all()


def csv_file(folder):
    path = folder / "series.csv"
    path.write_text(SERIES)
    return path, load_series


def npz_file(folder):
    path = folder / "series.npz"
    np.savez_compressed(path, x=np.random.default_rng(0).random((40, 6, 2)), y=np.arange(40) % 2)
    return path, load_series


def ts_file(folder):
    path = folder / "series.ts"
    path.write_text(TS)
    return path, load_series


def tfrecord_file(folder):
    x = np.random.default_rng(0).integers(0, 256, (20, 4, 2), dtype="uint8")
    parts = {part: [(x, np.arange(20) % 3)] for part in ("train", "validation", "test")}
    tfrecord.write(folder, parts, 2, class_names="abc")

    def load(path):
        train = tfrecord.load(f"{folder}/*.tfrecord").train
        with tfrecord.naming_damage(train):
            for _ in train.batches(8, seed=0).take(-(-train.size // 8)):
                pass
            train.sample()

    return folder / "train-00000-of-00002.tfrecord", load


def description_file(folder):
    _, load = tfrecord_file(folder)
    return folder / "shards.json", load


def config_file(folder):
    path = folder / "config.json"
    path.write_text(json.dumps(ExperimentConfig(encoder="dense").as_dict()))
    return path, lambda path: ExperimentConfig.from_dict(RunDirectory(path.parent).read_json(path))


KINDS = (idx_file, zipped_idx_file, csv_file, npz_file, ts_file, tfrecord_file)
KINDS += (description_file, config_file)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_damaged_files_get_a_clear_answer(kind, tmp_path):
    path, read = kind(tmp_path)
    read(path)
    sound, refused = path.read_bytes(), 0
    random.seed(0)
    for _ in range(INPUTS):
        path.write_bytes(damaged_json(sound) if path.suffix == ".json" else damaged(sound))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                read(path)
        except (DataError, SettingError) as error:
            message = str(error)
            refused += 1
        else:
            message = "read"
        assert message.strip()
    assert refused > 1


@LIGHT
@given(content=st.binary(max_size=64), ndim=st.sampled_from([1, 3]), sound=st.booleans())
def test_idx_files_of_any_bytes(content, ndim, sound, tmp_path):
    path = tmp_path / "images"
    if sound:
        shape = (len(content), *[1] * (ndim - 1))
        content = struct.pack(f">{ndim + 1}I", 0x0800 | ndim, *shape) + content
        path.write_bytes(content)
        assert idx.read_idx(path, ndim).tobytes() == content[4 + 4 * ndim :]
        return
    path.write_bytes(content)
    try:
        assert isinstance(idx.read_idx(path, ndim), np.ndarray)
    except DataError as error:
        message = str(error)
    else:
        return
    assert str(path) in message


@pytest.mark.slow
@LIGHT
@given(
    st.dictionaries(
        st.sampled_from(sorted(ExperimentConfig.__dataclass_fields__)),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
        max_size=4,
    )
)
def test_settings_of_any_values(values):
    try:
        config = ExperimentConfig(**values)
    except SettingError as error:
        message = str(error)
    else:
        assert ExperimentConfig.from_dict(config.as_dict()) == config
        return
    assert "Received: " in message
    assert "\n" not in message


@LIGHT
@given(st.text(max_size=20) | st.from_regex(r"[0-9]{1,12} ?(step|epoch)s?", fullmatch=True))
def test_intervals_of_any_words(text):
    try:
        count, unit = parse_interval(text)
    except SettingError:
        return
    assert count > 0
    assert unit in ("step", "epoch")


@LIGHT
@given(st.text(max_size=40))
def test_only_names_of_checkpoints_are_taken_for_such(name):
    match = NAME.fullmatch(name)
    assert match is None or "/" not in name
