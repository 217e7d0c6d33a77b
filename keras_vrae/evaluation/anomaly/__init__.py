"""Anomaly scores of examples, and metrics of scores."""

from keras_vrae.evaluation.anomaly.baselines import flat_features, pca_scores, random_scores
from keras_vrae.evaluation.anomaly.scores import (
    AnomalyScores,
    anomaly_metrics,
    anomaly_scores,
    importance_scores,
)

__all__ = [
    "AnomalyScores",
    "anomaly_metrics",
    "anomaly_scores",
    "flat_features",
    "importance_scores",
    "pca_scores",
    "random_scores",
]
