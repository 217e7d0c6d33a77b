"""Weights that change during training: functions of the number of optimizer steps."""

import math
from typing import Any

import keras
from keras import ops

from keras_vrae.types import Tensor
from keras_vrae.validation import check_float, check_int

__all__ = ["Constant", "Cyclical", "LinearWarmup", "Schedule", "SigmoidWarmup", "Warmup"]

LARGEST_INT32 = 2**31 - 1
SIGMOID_REACH = 6.0  # A sigmoid warm-up goes from -6 to 6, the visible part of the curve.


class Schedule:
    """A number that depends on the step: `schedule(step)` gives a float32 scalar.

    The step is the number of optimizer steps done, so that training which is resumed goes on where
    it was. A subclass implements `__call__` and `get_config`.
    """

    def __call__(self, step: Tensor | int) -> Tensor:
        """The value at a step, which is a whole number from 0, or a scalar tensor of one."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        raise NotImplementedError

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Schedule":
        return cls(**config)


@keras.saving.register_keras_serializable(package="keras_vrae")
class Constant(Schedule):
    """The same value at every step.

    Args:
        value: a number of at least 0.
    """

    def __init__(self, value: float) -> None:
        self.value = check_float("value", value)

    def __call__(self, step: Tensor | int) -> Tensor:
        return ops.convert_to_tensor(self.value, "float32")

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value}


class Warmup(Schedule):
    """From `start` to `end` in `steps` steps, then `end`. Subclasses give the form of the way.

    Args:
        steps: length of the way, in optimizer steps.
        start, end: values of at least 0 at its two ends.
    """

    def __init__(self, steps: int, start: float = 0.0, end: float = 1.0) -> None:
        self.steps = check_int("steps", steps)
        self.start, self.end = check_float("start", start), check_float("end", end)

    def form(self, progress: Tensor) -> Tensor:
        """A fraction of the way's height, 0 to 1, for a fraction of its length, 0 to 1."""
        raise NotImplementedError

    def __call__(self, step: Tensor | int) -> Tensor:
        progress = ops.minimum(ops.cast(step, "float32") / self.steps, 1.0)
        return self.start + (self.end - self.start) * self.form(progress)

    def get_config(self) -> dict[str, Any]:
        return {"steps": self.steps, "start": self.start, "end": self.end}


@keras.saving.register_keras_serializable(package="keras_vrae")
class LinearWarmup(Warmup):
    """A straight line from `start` to `end`. Arguments as in `Warmup`.

    Example:
        >>> float(keras_vrae.schedules.LinearWarmup(steps=100)(25))
        0.25

    Reference:
        Sønderby et al., 2016, arXiv 1602.02282, section 2.3.
    """

    def form(self, progress: Tensor) -> Tensor:
        return progress


@keras.saving.register_keras_serializable(package="keras_vrae")
class SigmoidWarmup(Warmup):
    """A logistic curve from `start` to `end`, steepest half-way. Arguments as in `Warmup`.

    Example:
        >>> float(keras_vrae.schedules.SigmoidWarmup(steps=100)(50))
        0.5

    Reference:
        Bowman et al., 2016, arXiv 1511.06349, section 3.1.
    """

    def form(self, progress: Tensor) -> Tensor:
        lowest = 1.0 / (1.0 + math.exp(SIGMOID_REACH))
        curve = ops.sigmoid(SIGMOID_REACH * (2.0 * progress - 1.0))
        return (curve - lowest) / (1.0 - 2.0 * lowest)


@keras.saving.register_keras_serializable(package="keras_vrae")
class Cyclical(Schedule):
    """Several linear warm-ups from 0 to `value`, one after the other, each followed by a rest.

    Args:
        steps: length of all cycles together, in optimizer steps; `value` from then on.
        cycles: their number (M in the paper).
        ramp: fraction of a cycle that goes up, above 0 and at most 1 (R in the paper).
        value: the weight at the top, at least 0.

    Example:
        >>> schedule = keras_vrae.schedules.Cyclical(steps=400, cycles=4)
        >>> [float(schedule(step)) for step in (0, 25, 50, 99, 125, 400)]
        [0.0, 0.5, 1.0, 1.0, 0.5, 1.0]

    Reference:
        Fu et al., 2019, arXiv 1903.10145.
    """

    def __init__(self, steps: int, cycles: int = 4, ramp: float = 0.5, value: float = 1.0) -> None:
        self.steps = check_int("steps", steps)
        most = min(self.steps, LARGEST_INT32 // self.steps)
        self.cycles = check_int("cycles", cycles, maximum=max(1, most))
        self.ramp = check_float("ramp", ramp, maximum=1.0, above=True)
        self.value = check_float("value", value)

    def __call__(self, step: Tensor | int) -> Tensor:
        # In whole numbers: a cycle need not have a whole number of steps, and its fraction of one
        # in float32 may put the first step of a cycle at the end of the one before.
        step = ops.minimum(ops.cast(step, "int32"), self.steps)
        cycle = ops.cast(ops.mod(step * self.cycles, self.steps), "float32") / self.steps
        rising = ops.minimum(cycle / self.ramp, 1.0)
        return self.value * ops.where(step < self.steps, rising, 1.0)

    def get_config(self) -> dict[str, Any]:
        return {
            "steps": self.steps,
            "cycles": self.cycles,
            "ramp": self.ramp,
            "value": self.value,
        }


def get(name: str, value: Schedule | float) -> Schedule:
    """Returns a `Schedule`: the value itself when it is one, a `Constant` for a number.

    Args:
        name: what to call the value in the message, where it is neither.
        value: a `Schedule`, or a number of at least 0.
    """
    return value if isinstance(value, Schedule) else Constant(check_float(name, value))


def serialize(schedule: Schedule) -> float | dict[str, Any]:
    """Form of a schedule for a config: a number, or the config of an object."""
    if isinstance(schedule, Constant):
        return schedule.value
    return keras.saving.serialize_keras_object(schedule)


def deserialize(value: float | dict[str, Any]) -> Schedule | float:
    """The schedule or number of a config that `serialize` wrote."""
    return keras.saving.deserialize_keras_object(value) if isinstance(value, dict) else value
