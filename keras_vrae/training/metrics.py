"""Metrics of a trained model, for `metrics.json`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_vrae import evaluation
from keras_vrae.batch import NO_LABEL
from keras_vrae.datasets import Split, Splits
from keras_vrae.datasets.pipeline import binarize
from keras_vrae.encoders import Posterior
from keras_vrae.models import VAE, SupervisedVAE
from keras_vrae.training import console
from keras_vrae.training.data import load_with_data, read_config
from keras_vrae.training.experiment import ExperimentConfig
from keras_vrae.training.run_directory import RunDirectory
from keras_vrae.training.text_metrics import text_metrics
from keras_vrae.validation import SettingError

LABEL_COUNTS = (100, 600, 1000)


class Codes(NamedTuple):
    """Posteriors of the training and the test part, from which all latent metrics come."""

    train: Posterior
    test: Posterior


def encode_parts(model: VAE, splits: Splits, config: ExperimentConfig) -> Codes:
    """Returns the `Codes` of a run; dynamic binarization draws the training part once."""
    train = binarize(splits.train) if config.binarization == "dynamic" else splits.train
    return Codes(model.encode(train.inputs), model.encode(splits.test.inputs))


def test_metrics(
    model: VAE, splits: Splits, config: ExperimentConfig, codes: Codes
) -> dict[str, Any]:
    """Returns the part `test` of `metrics.json`, a dict."""
    terms = evaluation.elbo_estimate(model, splits.test.inputs, config.eval_samples, config.seed)
    means = {name: float(values.mean()) for name, values in terms.items()}
    labelled = labelled_codes(model, splits, codes)
    knn = probe = None
    if labelled and len(np.unique(labelled[0][1])) > 1:  # One class is always right.
        knn, probe = evaluation.knn_accuracy(*labelled), evaluation.linear_probe_accuracy(*labelled)
    metrics = {
        # The Bernoulli cross-entropy of grey levels is not a likelihood, and gives no bound.
        "elbo": means["elbo"] if config.is_bound else None,
        "reconstruction": means["reconstruction"],
        "kl": means["kl"],
        "active_units": evaluation.active_units(codes.test.z_mean),
        "knn_accuracy": knn,
        "linear_probe_accuracy": probe,
    }
    if config.is_text:
        metrics.update(text_metrics(model, splits, terms["elbo"], labelled))
    if config.supervision != "none":
        metrics["label_accuracy"] = label_accuracy(model, splits.test)
    return metrics


def label_accuracy(model: SupervisedVAE, split: Split) -> float | None:
    """Returns the share of the labelled examples that a model classifies correctly, or None.

    Args:
        model: a `SupervisedVAE`.
        split: a `Split`, of which examples without a label do not count.
    """
    labelled = split.y != NO_LABEL
    if not labelled.any():
        return None
    predicted = model.classify(split.inputs).argmax(axis=1)
    return float(np.mean(predicted[labelled] == split.y[labelled]))


def kl_per_dimension(model: VAE, posterior: Posterior) -> list[float] | None:
    """Returns the mean KL per dimension, a list; None if the prior does not factorize."""
    if not model.prior.factorizes:
        return None
    return evaluation.kl_per_dimension(*posterior, model.prior).tolist()


def labelled_codes(
    model: VAE, splits: Splits, codes: Codes
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]] | None:
    """Returns `(codes, labels)` of the labelled training and test examples, in shared dimensions.

    None if one of the two parts has no labels.
    """
    pairs = []
    for posterior, split in ((codes.train, splits.train), (codes.test, splits.test)):
        rows = split.y != NO_LABEL
        pairs.append((posterior.z_mean[rows, : model.shared_dim], split.y[rows]))
    train, test = pairs
    return (train, test) if len(train[1]) and len(test[1]) else None


def evaluation_metrics(
    model: VAE,
    splits: Splits,
    codes: Codes,
    nll_samples: int,
    seed: int = 0,
    label_counts: Iterable[int] = LABEL_COUNTS,
    max_examples: int | None = None,
    verbose: int = 0,
) -> dict[str, Any]:
    """Returns the part `evaluation` of `metrics.json`, a dict, all of the test part.

    Args:
        model: the trained `VAE`.
        splits: its data.
        codes: their `Codes`.
        nll_samples: importance samples per example; 0 for no likelihood.
        seed: whole number that fixes all that is drawn.
        label_counts: numbers of labelled training points for kNN; those above the number that
            there is are left out.
        max_examples: number of test examples for the likelihood, the first ones; None for all.
        verbose: 1 shows the progress of the likelihood.
    """
    posterior, labelled = codes.test, labelled_codes(model, splits, codes)
    metrics: dict[str, Any] = {"seed": seed, "nll": None}
    if nll_samples:
        part = splits.test.rows(slice(max_examples))
        estimate = evaluation.importance_nll(model, part.inputs, nll_samples, seed, verbose)
        metrics["nll"] = estimate.mean
        metrics["nll_standard_error"] = estimate.standard_error_of_mean
        metrics["nll_examples"], metrics["nll_samples"] = part.size, nll_samples
    metrics["kl_per_dimension"] = kl_per_dimension(model, posterior)
    metrics["mutual_information"] = evaluation.mutual_information(*posterior, seed=seed)
    if labelled is None:
        return metrics
    for count in label_counts:
        if count <= len(labelled[0][1]):
            accuracy = evaluation.few_label_knn_accuracy(*labelled, num_labels=count, seed=seed)
            metrics[f"knn_accuracy_{count}_labels"] = accuracy._asdict()
    means, labels = labelled[1]
    metrics.update(evaluation.cluster_agreement(means, labels, seed=seed))
    several = len(np.unique(labels)) > 1
    metrics["silhouette"] = evaluation.silhouette(means, labels, seed=seed) if several else None
    return metrics


def assess(
    run_dir: str | Path, data_dir: str | Path | None = None, nll_samples: int = 5000, **options: Any
) -> dict[str, Any]:
    """Evaluates a finished run again and replaces the part `evaluation` of its `metrics.json`.

    Args:
        run_dir: folder of the run.
        data_dir: folder of its data, if it has moved.
        nll_samples: importance samples per example; 0 for no likelihood.
        **options: further arguments of `evaluation_metrics`.

    Returns:
        The new content of `metrics.json`.

    Raises:
        DataError: if the run is not finished, or its files are damaged.
        SettingError: for invalid values, and for a likelihood of grey levels.
    """
    run = RunDirectory(run_dir)
    metrics, config = run.read_json(run.metrics_path), read_config(run, data_dir)
    if nll_samples and not config.is_bound:
        raise SettingError(
            f"`nll_samples` must be 0 for {run}, whose grey levels have no likelihood under "
            f"Bernoulli. Received: nll_samples={nll_samples}"
        )
    model, splits = load_with_data(run, config)
    console.say(f"Evaluating {run} on the test part ...")
    with run.locked():
        codes = encode_parts(model, splits, config)
        metrics["evaluation"] = evaluation_metrics(model, splits, codes, nll_samples, **options)
        run.write_json(run.metrics_path, metrics)
    return metrics
