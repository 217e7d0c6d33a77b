import numpy as np
import pytest

from keras_vrae import validation
from keras_vrae.validation import SettingError


@pytest.mark.parametrize("value", [1, 7, np.int64(3)])
def test_int_accepted(value):
    assert validation.check_int("n", value) == value


@pytest.mark.parametrize("value", [0, -1, 1.0, "3", None, True])
def test_int_refused(value):
    with pytest.raises(SettingError) as error:
        validation.check_int("n", value)
    assert str(error.value) == (f"`n` must be a whole number of at least 1. Received: n={value!r}")


@pytest.mark.parametrize("value", [0, 0.5, np.float32(1.5), 2])
def test_float_accepted(value):
    assert validation.check_float("f", value, maximum=2.0) == float(value)


@pytest.mark.parametrize("value", [-1e-9, 2.1, np.nan, np.inf, "1", None, False])
def test_float_refused(value):
    with pytest.raises(SettingError, match="`f` must be a number of at least 0 and of at most 2"):
        validation.check_float("f", value, maximum=2.0)


def test_open_ends():
    for value in (0.0, 1.0):
        with pytest.raises(SettingError, match="above 0 and below 1"):
            validation.check_float("f", value, maximum=1.0, above=True, below=True)


def test_choice_names_the_nearest():
    assert validation.check_choice("encoder", "gru", ["lstm", "gru"]) == "gru"
    with pytest.raises(SettingError, match="Did you mean 'lstm'"):
        validation.check_choice("encoder", "lsmt", ["lstm", "gru"])
    with pytest.raises(SettingError, match=r"one of 'lstm', 'gru'\. Received: encoder=3"):
        validation.check_choice("encoder", 3, ["lstm", "gru"])


def test_event_shape():
    assert validation.check_event_shape("s", [28, np.int64(3)]) == (28, 3)
    for value in ((), 5, (3, 0), (3, None), "ab"):
        with pytest.raises(SettingError, match="`s"):
            validation.check_event_shape("s", value)
