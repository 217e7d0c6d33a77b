"""Runs: from settings to a trained model with its metrics and plots."""

from typing import TYPE_CHECKING, Any

from keras_vrae.training.experiment import ExperimentConfig
from keras_vrae.training.run_directory import RunDirectory

if TYPE_CHECKING:
    from keras_vrae.training.loop import train_and_evaluate

__all__ = ["ExperimentConfig", "RunDirectory", "train_and_evaluate"]


def __getattr__(name: str) -> Any:
    # It loads Keras, which whoever only checks settings does not wait for.
    if name == "train_and_evaluate":
        from keras_vrae.training.loop import train_and_evaluate

        return train_and_evaluate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
