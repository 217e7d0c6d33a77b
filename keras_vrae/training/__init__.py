"""Runs: from settings to a trained model with its figures and pictures."""

from keras_vrae.training.config import ExperimentConfig
from keras_vrae.training.loop import train_and_evaluate
from keras_vrae.training.run_directory import RunDirectory

__all__ = ["ExperimentConfig", "RunDirectory", "train_and_evaluate"]
