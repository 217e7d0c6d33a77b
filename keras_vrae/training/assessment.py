"""The figures of a trained model, for `metrics.json`."""

from typing import NamedTuple

import numpy as np

from keras_vrae import datasets, evaluation
from keras_vrae.datasets.pipeline import binarize
from keras_vrae.encoders import Posterior
from keras_vrae.models.supervised import NO_LABEL
from keras_vrae.training import console
from keras_vrae.training.config import ExperimentConfig
from keras_vrae.training.run_directory import RunDirectory
from keras_vrae.training.text_assessment import text_figures
from keras_vrae.training.text_settings import text_settings
from keras_vrae.validation import DataError, SettingError

LABEL_COUNTS = (100, 600, 1000)


def prepare_data(config):
    """Loads the data of a run; validation and test come binarized once where that is asked for."""
    options = config.series_options
    if config.is_text:
        options = {"text": text_settings(config)}
    splits = datasets.load(config.dataset, config.data_dir, **options)
    if config.label_fraction < 1:
        splits = splits._replace(train=hide_labels(splits.train, config.label_fraction))
    if config.binarization == "none":
        return splits
    splits = splits._replace(validation=binarize(splits.validation), test=binarize(splits.test))
    if config.binarization == "fixed":
        splits = splits._replace(train=binarize(splits.train))
    return splits


def hide_labels(split, fraction, seed=0):
    """The split with the labels of a fraction of its examples; the others are -1."""
    kept = np.random.default_rng(seed).random(split.size) < fraction
    return split._replace(y=np.where(kept, split.y, NO_LABEL))


class Codes(NamedTuple):
    """The posteriors of the training and the test part: what all figures of a latent space need."""

    train: Posterior
    test: Posterior


def encode_parts(model, splits, config):
    """The `Codes` of a run; a training part that is binarized anew each epoch is binarized once."""
    train = binarize(splits.train) if config.binarization == "dynamic" else splits.train
    return Codes(model.encode(train.inputs), model.encode(splits.test.inputs))


def test_figures(model, splits, config, codes):
    """The part `test` of `metrics.json`, a dict."""
    terms = evaluation.elbo_estimate(model, splits.test.inputs, config.eval_samples, config.seed)
    means = {name: float(values.mean()) for name, values in terms.items()}
    labelled = labelled_codes(model, splits, codes)
    several = labelled and len(np.unique(labelled[0][1])) > 1  # Else nothing to tell apart.
    figures = {
        # With grey levels the Bernoulli cross-entropy is no likelihood, and there is no bound.
        "elbo": means["elbo"] if config.is_bound else None,
        "reconstruction": means["reconstruction"],
        "kl": means["kl"],
        "active_units": evaluation.active_units(codes.test.z_mean),
        "knn_accuracy": evaluation.knn_accuracy(*labelled) if several else None,
        "linear_probe_accuracy": evaluation.linear_probe_accuracy(*labelled) if several else None,
    }
    if config.is_text:
        figures.update(text_figures(model, splits, terms["elbo"], labelled))
    if config.supervision != "none":
        accuracy = np.mean(model.classify(splits.test.inputs).argmax(axis=1) == splits.test.y)
        figures["label_accuracy"] = float(accuracy)
    return figures


def labelled_codes(model, splits, codes):
    """`(codes, labels)` of training and test, of the shared dimensions and what has a label.

    None where one of the two parts has none.
    """
    pairs = []
    for posterior, split in ((codes.train, splits.train), (codes.test, splits.test)):
        rows = split.y != NO_LABEL
        pairs.append((posterior.z_mean[rows, : model.shared_dim], split.y[rows]))
    return tuple(pairs) if all(len(labels) for _, labels in pairs) else None


def evaluation_figures(
    model,
    splits,
    codes,
    nll_samples,
    seed=0,
    label_counts=LABEL_COUNTS,
    max_examples=None,
    verbose=0,
):
    """The part `evaluation` of `metrics.json`, a dict; all of the test part.

    Args:
        model: the trained `VAE`.
        splits: its data.
        codes: their `Codes`.
        nll_samples: importance samples of each example; 0 for no likelihood.
        seed: whole number that fixes all that is drawn.
        label_counts: numbers of labelled training points for kNN; more than there are, are left
            out.
        max_examples: how many test examples the likelihood is of, the first ones; None for all.
        verbose: 1 shows how far the likelihood is.
    """
    posterior, labelled = codes.test, labelled_codes(model, splits, codes)
    figures = {"seed": seed, "nll": None}
    if nll_samples:
        part = splits.test.rows(slice(max_examples))
        estimate = evaluation.importance_nll(model, part.inputs, nll_samples, seed, verbose)
        figures["nll"] = estimate.mean
        figures["nll_standard_error"] = estimate.standard_error_of_mean
        figures["nll_examples"], figures["nll_samples"] = part.size, nll_samples
    figures["kl_per_dimension"] = evaluation.kl_per_dimension(*posterior).tolist()
    figures["mutual_information"] = evaluation.mutual_information(*posterior, seed=seed)
    if labelled is None:
        return figures
    for count in label_counts:
        if count <= len(labelled[0][1]):
            accuracy = evaluation.few_label_knn_accuracy(*labelled, num_labels=count, seed=seed)
            figures[f"knn_accuracy_{count}_labels"] = accuracy._asdict()
    means, labels = labelled[1]
    figures.update(evaluation.cluster_agreement(means, labels, seed=seed))
    several = len(np.unique(labels)) > 1
    figures["silhouette"] = evaluation.silhouette(means, labels, seed=seed) if several else None
    return figures


def read_config(run, data_dir=None):
    """The `ExperimentConfig` of a run, with another folder of its data where it has moved.

    Raises:
        DataError: where `config.json` is not there, damaged, or of another version.
    """
    settings = run.read_json(run.config_path)
    try:
        return ExperimentConfig.from_dict(
            {**settings, "data_dir": data_dir or settings.get("data_dir")}
        )
    except SettingError as error:
        raise DataError(f"{run.config_path} cannot be used: {error}") from None


def load_with_data(run, config):
    """`(model, splits)` of a finished run; of a training part in shards a sample.

    Raises:
        DataError: where the run has no model, and where its data are others than they were.
    """
    model = run.load_model(run.model_path)
    splits = prepare_data(config)
    if tuple(model.event_shape) != tuple(splits.spec.event_shape):
        raise DataError(
            f"{run.model_path} must hold a model of examples of shape {splits.spec.event_shape}. "
            f"Received: one of shape {model.event_shape}"
        )
    return model, splits._replace(train=splits.train.sample())


def assess(run_dir, data_dir=None, nll_samples=5000, **options):
    """Evaluates a finished run anew and replaces the part `evaluation` of its `metrics.json`.

    Args:
        run_dir: folder of the run.
        data_dir: folder of its data, where it has moved.
        nll_samples: importance samples of each example; 0 for no likelihood.
        **options: further arguments of `evaluation_figures`.

    Returns:
        The new content of `metrics.json`.

    Raises:
        DataError: where the run is not finished, or its files are damaged.
        SettingError: for values that cannot be, and for a likelihood of grey levels.
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
        metrics["evaluation"] = evaluation_figures(model, splits, codes, nll_samples, **options)
        run.write_json(run.metrics_path, metrics)
    return metrics
