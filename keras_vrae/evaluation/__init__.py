"""Figures that tell how good a trained model is."""

from keras_vrae.evaluation.latent import active_units
from keras_vrae.evaluation.likelihood import elbo_estimate
from keras_vrae.evaluation.probes import knn_accuracy, linear_probe_accuracy

__all__ = ["active_units", "elbo_estimate", "knn_accuracy", "linear_probe_accuracy"]
