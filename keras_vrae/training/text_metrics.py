"""Metrics of a model of documents, which come on top of those of every model."""

import importlib.util
from typing import Any

import numpy as np

from keras_vrae import evaluation
from keras_vrae.datasets import Splits
from keras_vrae.models import VAE
from keras_vrae.training import console

RESULTS = 100


def text_metrics(
    model: VAE,
    splits: Splits,
    elbo: np.ndarray,
    labelled: tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]] | None,
) -> dict[str, Any]:
    """Returns perplexity and precision among the first 100 results, a dict.

    Test documents query the training documents. The perplexity is an upper bound, as the ELBO is a
    lower one: `exp(-mean_d ELBO_d / N_d)` over documents with N_d words (Miao, Yu and Blunsom,
    2016, arXiv 1511.06038).

    Args:
        model: the trained `VAE`.
        splits: its data.
        elbo: of each test document, `(N,)`, in nats.
        labelled: `(codes, labels)` of the training and the test part, or None.
    """
    words = (splits.test.x > 0) if splits.spec.text.settings.view == "tokens" else splits.test.x
    lengths = np.asarray(words.sum(axis=1)).ravel()
    filled = lengths > 0
    perplexity = float(np.exp(-np.mean(elbo[filled] / lengths[filled])))
    return {"perplexity": perplexity, **retrieval_metrics(model, labelled)}


def retrieval_metrics(
    model: VAE, labelled: tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]] | None
) -> dict[str, Any]:
    """Returns precision among the first 100 results, by cosine and by hash code, a dict.

    Args:
        model: a `VAE` with an adapted binarizer.
        labelled: `(codes, labels)` of the training and the test part; without them the values of
            the dict are None.
    """
    metrics: dict[str, float | None] = {
        "precision_at_100_cosine": None,
        "precision_at_100_hamming": None,
    }
    if labelled is None:
        return metrics
    train, test = labelled
    results = min(RESULTS, len(train[1]))
    metrics["precision_at_100_cosine"] = evaluation.precision_by_cosine(test, train, results)
    if importlib.util.find_spec("faiss") is None:
        console.say("No metrics of hash codes: they need pip install 'keras_vrae[text]'")
        return metrics
    asked, others = (_pack(model, part) for part in (test, train))
    metrics["precision_at_100_hamming"] = evaluation.precision_by_hamming(asked, others, results)
    return metrics


def _pack(model, labelled):
    """Returns hash codes and labels of posterior means and labels."""
    means, labels = labelled
    return np.packbits(np.asarray(model.binarizer(means)), axis=1), labels
