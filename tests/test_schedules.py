import keras
import numpy as np
import pytest
import scipy.special

from keras_vrae.objectives import schedules
from keras_vrae.validation import SettingError

EVERY = {
    "constant": schedules.Constant(0.3),
    "linear": schedules.LinearWarmup(100, start=0.2, end=4.0),
    "sigmoid": schedules.SigmoidWarmup(100, end=2.0),
    "cyclical": schedules.Cyclical(100, cycles=3, ramp=0.7, value=0.9),
}


def values(schedule, steps):
    return np.array([float(schedule(step)) for step in steps])


def test_linear_warmup_is_a_line_and_then_flat():
    steps = [0, 10, 50, 100, 1000]
    np.testing.assert_allclose(
        values(EVERY["linear"], steps), [0.2, 0.58, 2.1, 4.0, 4.0], rtol=1e-6
    )


def test_sigmoid_warmup_is_a_logistic_curve_between_its_ends():
    found = values(EVERY["sigmoid"], range(0, 101, 10))
    curve = scipy.special.expit(np.linspace(-6, 6, 11))
    expected = 2.0 * (curve - curve[0]) / (curve[-1] - curve[0])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_cyclical_schedule_against_the_formula_of_the_paper():
    # Fu et al., 2019: tau = mod(t, T / M) / (T / M), beta = tau / R up to tau = R, then 1.
    steps, cycles, ramp = 100, 3, 0.7
    for step in range(130):
        tau = (step % (steps / cycles)) / (steps / cycles)
        expected = 0.9 * (min(tau / ramp, 1.0) if step < steps else 1.0)
        assert float(EVERY["cyclical"](step)) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("name", EVERY)
def test_config_round_trip_keeps_the_values(name):
    restored = schedules.deserialize(schedules.serialize(EVERY[name]))
    restored = schedules.get("beta", restored)
    assert type(restored) is type(EVERY[name])
    assert restored.get_config() == EVERY[name].get_config()
    same = type(restored).from_config(restored.get_config())
    np.testing.assert_array_equal(values(same, range(9)), values(EVERY[name], range(9)))


@pytest.mark.parametrize("name", EVERY)
def test_steps_may_be_variables(name):
    step = keras.Variable(25, dtype="int64", trainable=False)
    assert float(EVERY[name](step)) == float(EVERY[name](25))


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: schedules.Constant(-0.1), "value"),
        (lambda: schedules.LinearWarmup(0), "steps"),
        (lambda: schedules.LinearWarmup(2, start=float("inf")), "start"),
        (lambda: schedules.SigmoidWarmup(1.5), "steps"),
        (lambda: schedules.Cyclical(3, cycles=4), "cycles"),
        (lambda: schedules.Cyclical(8, ramp=0.0), "ramp"),
        (lambda: schedules.get("beta", "warm"), "beta"),
    ],
)
def test_wrong_settings(make, name):
    with pytest.raises(SettingError, match=f"`{name}` must be"):
        make()
