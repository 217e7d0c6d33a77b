"""Anomaly scores of examples, and metrics of how well scores find anomalies."""

from typing import NamedTuple

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from keras_vrae import sequences
from keras_vrae.evaluation.likelihood import importance_nll
from keras_vrae.models import VAE
from keras_vrae.types import Examples
from keras_vrae.validation import SettingError, check_float, check_int, complaint

STEPS_AT_A_TIME = 2**16


class AnomalyScores(NamedTuple):
    """The negative evidence lower bound, in nats: the higher, the less a model expects an example.

    Attributes:
        per_step: of each time step, `(N, T)`: `-E_q[log p(x_t|z)]` and an equal share of the
            example's KL; NaN after the end of a sequence. The valid steps add up to the negative
            bound of the example. None if scores are of whole examples alone.
        per_example: the mean over the valid steps, `(N,)`, so that the length of a sequence does
            not make it an anomaly.
    """

    per_step: np.ndarray | None
    per_example: np.ndarray


def anomaly_scores(model: VAE, x: Examples, num_samples: int = 10, seed: int = 0) -> AnomalyScores:
    """Scores of each example and each time step under a trained model.

    Args:
        model: a built `VAE` of examples whose first axis is time.
        x: examples, `(N, T, ...)`, or sequences of unequal length as `VAE` takes them.
        num_samples: posterior samples of each example.
        seed: whole number; the same seed gives the same scores.

    Returns:
        `AnomalyScores`.

    Raises:
        SettingError: for examples that the model cannot use.

    Example:
        >>> vae = keras_vrae.build("gru", (8, 3), hidden_units=16, likelihood="gaussian", seed=0)
        >>> scores = keras_vrae.evaluation.anomaly.anomaly_scores(vae, np.zeros((4, 8, 3)))
        >>> scores.per_step.shape, scores.per_example.shape
        ((4, 8), (4,))
    """
    x = sequences.as_inputs(x, model.event_shape)
    num_samples = check_int("num_samples", num_samples)
    seeds = keras.random.SeedGenerator(check_int("seed", seed, minimum=0))

    def score(batch):
        terms = model.elbo_terms(batch, num_samples, noise=seeds)
        steps = model.likelihood.log_prob_of_steps(batch.target, terms.parameters, batch.mask)
        return -ops.mean(steps, axis=0), terms.kl

    steps = int(np.prod(np.shape(sequences.array_of(x))[1:2]))  # 1 for an array of rank 1.
    batch_size = max(1, min(512, STEPS_AT_A_TIME // max(1, num_samples * steps)))
    per_step, kl = model.over_examples(score, x, batch_size)
    lengths = lengths_of(x)
    is_valid = np.arange(steps) < lengths[:, np.newaxis]
    per_step = np.where(is_valid, per_step + (kl / lengths)[:, np.newaxis], np.nan)
    return AnomalyScores(per_step, np.nanmean(per_step, axis=1))


def importance_scores(
    model: VAE, x: Examples, num_samples: int = 500, seed: int = 0
) -> AnomalyScores:
    """Scores of each example by an estimate of `-log p(x)` instead of its bound.

    Args:
        model, x: as in `anomaly_scores`.
        num_samples: importance samples of each example.
        seed: whole number; the same seed gives the same scores.

    Returns:
        `AnomalyScores` without `per_step`.

    Raises:
        SettingError: for examples that the model cannot use.
    """
    x = sequences.as_inputs(x, model.event_shape)
    nll = importance_nll(model, x, num_samples, seed).nll
    return AnomalyScores(None, nll / lengths_of(x))


def lengths_of(x: Examples) -> np.ndarray:
    """Number of valid steps of each example, `(N,)`."""
    array = sequences.array_of(x)
    lengths = x["lengths"] if sequences.is_padded(x) else np.full(len(array), array.shape[1])
    return np.asarray(lengths)


def anomaly_metrics(
    train_scores: ArrayLike, test_scores: ArrayLike, is_anomaly: ArrayLike, quantile: float = 0.95
) -> dict[str, float]:
    """Metrics of how well scores find anomalies.

    The threshold of F1 is a quantile of the scores of the training part, so that nothing of the
    test part decides it.

    Args:
        train_scores: scores of training examples, `(N,)`.
        test_scores: scores of test examples, `(M,)`, the higher the more anomalous.
        is_anomaly: booleans, True for an anomaly, `(M,)`.
        quantile: quantile of the training scores, from 0 to 1.

    Returns:
        A dict of `auroc` (area under the receiver operating characteristic), `auprc` (average
        precision), `f1`, `precision` and `recall` at `threshold`, and `anomalies`, their share,
        which is the `auprc` of random scores.

    Raises:
        SettingError: if the test part has no anomalies, or nothing else, and for scores that are
            empty or not finite.

    Example:
        >>> from keras_vrae.evaluation.anomaly import anomaly_metrics
        >>> anomaly_metrics(np.arange(20), [3, 30, 25, 7], [False, True, True, False])["f1"]
        1.0
    """
    from sklearn.metrics import average_precision_score, precision_recall_fscore_support
    from sklearn.metrics import roc_auc_score as auroc_of

    known, scores = (
        _check_scores(name, values)
        for name, values in (("train_scores", train_scores), ("test_scores", test_scores))
    )
    truth = np.asarray(is_anomaly, bool)
    if scores.shape != truth.shape or len(set(truth.tolist())) < 2:
        expected = "one boolean for each test score, some True and some False"
        raise SettingError(complaint("is_anomaly", expected, truth.tolist()[:5], of="[:5]"))
    quantile = check_float("quantile", quantile, maximum=1.0)
    threshold = float(np.quantile(known, quantile))
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, scores > threshold, average="binary", zero_division=0.0
    )
    return {
        "auroc": float(auroc_of(truth, scores)),
        "auprc": float(average_precision_score(truth, scores)),
        "f1": float(f1),
        "precision": float(precision),
        "recall": float(recall),
        "threshold": threshold,
        "anomalies": float(truth.mean()),
    }


def _check_scores(name, values):
    """Returns scores as an array `(N,)`, or raises `SettingError`."""
    scores = np.asarray(values, "float64")
    if scores.ndim != 1 or not scores.size or not np.isfinite(scores).all():
        expected = "one finite score or more, in one axis"
        raise SettingError(complaint(name, expected, scores.ravel()[:5].tolist(), of="[:5]"))
    return scores
