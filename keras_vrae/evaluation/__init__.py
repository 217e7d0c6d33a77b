"""Metrics of trained models: likelihood, latent space, classes, searches and anomalies."""

from keras_vrae.evaluation import anomaly
from keras_vrae.evaluation.clustering import cluster_agreement, silhouette
from keras_vrae.evaluation.latent import active_units, kl_per_dimension, mutual_information
from keras_vrae.evaluation.likelihood import ImportanceNLL, elbo_estimate, importance_nll
from keras_vrae.evaluation.probes import (
    FewLabelAccuracy,
    few_label_knn_accuracy,
    knn_accuracy,
    linear_probe_accuracy,
)
from keras_vrae.evaluation.retrieval import (
    hamming_index,
    precision_by_cosine,
    precision_by_hamming,
)

__all__ = [
    "FewLabelAccuracy",
    "ImportanceNLL",
    "active_units",
    "anomaly",
    "cluster_agreement",
    "elbo_estimate",
    "few_label_knn_accuracy",
    "hamming_index",
    "importance_nll",
    "kl_per_dimension",
    "knn_accuracy",
    "linear_probe_accuracy",
    "mutual_information",
    "precision_by_cosine",
    "precision_by_hamming",
    "silhouette",
]
