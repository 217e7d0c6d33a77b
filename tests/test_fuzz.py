"""Damaged input gets one clear line; `python -m benchmarks.fuzz` does it by the thousand."""

import importlib.util
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import fuzz, fuzz_parsers
from keras_vrae.datasets.images import idx
from keras_vrae.training import ExperimentConfig
from keras_vrae.training.checkpoints import NAME
from keras_vrae.training.config import checkpoint_interval
from keras_vrae.validation import DataError, SettingError

LIGHT = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)


@pytest.mark.slow
def test_damaged_files_and_odd_flags_get_a_clear_answer():
    counts, faults = fuzz.fuzz(count=15)
    assert faults == []
    assert len(counts) >= 16
    for name in set(counts) - {"flags"}:
        assert counts[name].get("DataError", 0) + counts[name].get("SettingError", 0) > 3, name


@pytest.mark.slow
@pytest.mark.parametrize("parser", ["idx", "ts"])
def test_atheris_finds_no_bad_answer(parser):
    for package in ("atheris", "aeon"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    row = fuzz_parsers.run(parser, minutes=0.1)
    assert row["finding"] is None
    assert row["executions"] > 100


def test_a_fault_of_a_reader_is_found(tmp_path):
    def fail(path):
        raise KeyError(path)

    assert fuzz.answer(fail, tmp_path)[0] == "fault"
    assert fuzz.answer(lambda path: idx.read_idx(path, 3), tmp_path / "nowhere") == (
        "DataError",
        None,
    )


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
        count, unit = checkpoint_interval(text)
    except SettingError:
        return
    assert count > 0
    assert unit in ("step", "epoch")


@LIGHT
@given(st.text(max_size=40))
def test_only_names_of_checkpoints_are_taken_for_such(name):
    match = NAME.fullmatch(name)
    assert match is None or "/" not in name
