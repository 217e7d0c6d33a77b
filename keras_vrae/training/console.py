"""Messages of a run on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_vrae import backend
from keras_vrae.datasets.pipeline import steps_in_epoch
from keras_vrae.training import environment

if TYPE_CHECKING:
    from keras_vrae.datasets import Splits
    from keras_vrae.models import VAE
    from keras_vrae.serving import Export
    from keras_vrae.training.checkpoints import Progress
    from keras_vrae.training.experiment import ExperimentConfig
    from keras_vrae.training.run_directory import RunDirectory

NO_ACTIVE_UNITS = (
    "No latent dimension is active: the codes say nothing about the examples. Try more --updates, "
    "--kl_schedule=linear, --free_bits=0.5, or a smaller --beta.\n"
)


def say(text: str) -> None:
    """Prints a line at once, also if the output goes to a file."""
    print(text, flush=True)


def _table(rows):
    width = max(len(name) for name, _ in rows)
    say("\n".join(f"  {name:<{width}}  {text}" for name, text in rows) + "\n")


def banner(
    config: ExperimentConfig, splits: Splits, model: VAE, run: RunDirectory, progress: Progress
) -> None:
    """Prints the settings of a run that begins."""
    versions = environment.versions()
    values = " x ".join("any" if size is None else str(size) for size in splits.spec.event_shape)
    values += f" values, binarization: {config.binarization}"
    sizes = [f"{split.size:,}" for split in splits[:3]]
    last = config.epochs_of(steps_in_epoch(splits.train, config.batch_size))
    epochs = f"{last} {'epoch' if last == 1 else 'epochs'}"
    if config.updates is not None:
        epochs = f"{config.updates:,} updates in {epochs}"
    if progress.epochs or progress.steps:
        epochs = f"epochs {progress.epochs + 1} to {last}"
        epochs += f" from step {progress.steps + 1}" if progress.steps else ""
    if config.patience is not None:
        epochs += f" at most, patience {config.patience}"
    text = splits.spec.text
    if text:
        values = f"{len(text.vocabulary):,} terms, as {_view(text.settings)}"
        dropped = text.manifest["empty_documents_dropped"]
        if dropped:
            values += f"; {dropped:,} documents without a term were dropped"
    decoder = "" if config.decoder == "dense" else f" and the {config.decoder} decoder"
    notes = splits.spec.notes or {}
    read_as = [("read as", notes["read_as"])] if "read_as" in notes else []
    remarks = [("note", remark) for remark in notes.get("remarks", ())]
    say(f"\nTraining a VAE with the {config.encoder} encoder{decoder} on {config.dataset}")
    _table(
        [
            ("data", "{} training, {} validation, {} test examples".format(*sizes)),
            ("", f"of {values}"),
            *read_as,
            *remarks,
            (
                "model",
                f"{config.hidden_units} hidden units, {config.latent_dim} latent dimensions, "
                f"{config.likelihood} likelihood, {config.prior} prior, "
                f"{model.count_params():,} parameters",
            ),
            (
                "training",
                f"{epochs}, batch {config.batch_size}, Adam {config.learning_rate:g} "
                f"({config.learning_rate_schedule}), clip {config.clipnorm:g}, seed {config.seed}, "
                f"{config.precision}",
            ),
            ("objective", config.objective_text),
            (
                "device",
                f"{environment.device()}; {backend.runtime.title} "
                f"{versions[backend.runtime.package]}, "
                f"Keras {versions['keras']}",
            ),
            ("run", str(run)),
        ]
    )


def _view(settings):
    """Returns the representation of documents in words."""
    if settings.view == "bag":
        return "counts"
    return f"sequences of {settings.max_length} words at most"


def _retrieval(test):
    if "perplexity" not in test:
        return []
    rows = [("perplexity, at most", f"{test['perplexity']:,.0f}")]
    for name, words in (("cosine", "by cosine"), ("hamming", "by hash code")):
        value = test[f"precision_at_100_{name}"]
        if value is not None:
            rows.append((f"precision at 100 {words}", f"{value:.3f}"))
    return rows


def _likelihood(evaluation):
    if evaluation["nll"] is None:
        return []
    error, samples = evaluation["nll_standard_error"], evaluation["nll_samples"]
    return [("NLL", f"{evaluation['nll']:.2f} ± {error:.2f} ({samples:,} importance samples)")]


def _accuracy(metrics, name):
    """Returns an accuracy of the test part, or the reason why there is none."""
    value = metrics["test"][name]
    if value is not None:
        return f"{value:.3f}"
    # Agreement of clusters with labels is measured if there are any.
    return "none: a single class" if "nmi" in metrics["evaluation"] else "none: no labels"


def results(metrics: Mapping[str, Any], run: RunDirectory) -> None:
    """Prints the metrics of a finished run and the paths of its files."""
    test = metrics["test"]
    say(f"\nTest metrics of {metrics['encoder']} on {metrics['dataset']} (nats per example)")
    reconstruction, kl = round(test["reconstruction"], 2), round(test["kl"], 2)
    # Rounded as its parts are, so that the rows add up.
    bound = "none: grey levels" if test["elbo"] is None else f"{reconstruction + kl:.2f}"
    best = metrics.get("best_epoch")
    stopped = "" if best is None else f", best of {metrics['epochs']} epochs: {best}"
    _table(
        [
            *_likelihood(metrics["evaluation"]),
            ("negative ELBO", bound),
            ("= reconstruction", f"{reconstruction:.2f}"),
            ("+ KL", f"{kl:.2f}"),
            ("active units", str(test["active_units"])),
            ("I(x; z)", f"{metrics['evaluation']['mutual_information']:.2f}"),
            ("kNN accuracy", _accuracy(metrics, "knn_accuracy")),
            ("linear probe accuracy", _accuracy(metrics, "linear_probe_accuracy")),
            *_retrieval(test),
            (
                "training",
                f"{metrics['train_seconds']:.1f} s{stopped}, "
                f"{metrics['seconds_per_epoch']:.2f} s per epoch, "
                f"{metrics['examples_per_second']:,.0f} examples/s",
            ),
            ("peak memory", f"{metrics['peak_memory_mb']:,.0f} MiB"),
        ]
    )
    if not test["active_units"]:
        say(NO_ACTIVE_UNITS)
    _table(
        [
            ("plots", str(run.figures_path)),
            ("metrics", str(run.metrics_path)),
            ("history", str(run.history_path)),
            ("codes", f"{run.embeddings_path}  (with metadata.tsv, for projector.tensorflow.org)"),
            ("model", f"{run.model_path}  (keras.saving.load_model)"),
        ]
    )


def exported(export: Export, directory: str | Path) -> None:
    """Prints the content of a `keras_vrae.serving.Export`."""
    say(f"\nExported version {export.version} to {directory}")
    rows = [(name, str(path)) for name, path in export.paths.items()]
    rows.append(("verified", f"largest difference {export.largest_difference:.1e}"))
    if not any(export.warmup_requests.values()):
        rows.append(("no warm-up requests", "they need: pip install tensorflow-serving-api"))
    _table(rows)
    if export.missing_entries:
        say(f"{directory}/models.config stays as it is. Add to its model_config_list:")
        say(export.missing_entries.rstrip())
