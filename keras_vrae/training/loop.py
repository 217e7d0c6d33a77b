"""One run from beginning to end: data, model, training, figures, pictures."""

import statistics
import sys
import zipfile

import keras

from keras_vrae import datasets, evaluation
from keras_vrae.datasets.pipeline import (
    binarize,
    evaluation_batches,
    steps_in_epoch,
    training_batches,
)
from keras_vrae.likelihoods import Gaussian
from keras_vrae.models import build
from keras_vrae.training import console, environment, pictures
from keras_vrae.training.atomic import replacing
from keras_vrae.training.callbacks import RunRecorder
from keras_vrae.training.run_directory import RunDirectory
from keras_vrae.validation import DataError, SettingError, complaint

EVALUATION_BATCH = 512


def train_and_evaluate(config, run_dir, overwrite=False, resume=False):
    """Trains a model, evaluates it on the test part, draws it, and stores everything.

    Args:
        config: an `ExperimentConfig`.
        run_dir: folder of the run; see `RunDirectory` for what it will hold.
        overwrite: whether a run that is there is replaced.
        resume: whether a run that is there is continued from its last checkpoint; where there is
            none, the run begins as usual.

    Returns:
        The content of `metrics.json`.

    Raises:
        SettingError: for settings that do not fit the data, the folder, or the run to resume.
        DataError: for data that cannot be used, and for training that diverges.
        OSError: where a file cannot be written.
    """
    run = RunDirectory(run_dir)
    check_start(config, run, overwrite, resume)
    resume = resume and run.is_run
    if resume and run.is_finished:
        metrics = run.read_json(run.metrics_path)
        if metrics.get("epochs", 0) >= config.epochs:
            console.say(f"{run} is finished already; nothing to do.")
            return metrics
    splits = prepare_data(config)
    keras.utils.set_random_seed(config.seed)
    model, rows = _restore(run) if resume and run.checkpoints() else (None, [])
    if model is None:
        model = make_model(config, splits)
    run.prepare()
    if not resume:
        run.clear()
    run.metrics_path.unlink(missing_ok=True)
    run.write_json(
        run.config_path,
        {
            **config.as_dict(),
            "versions": environment.versions(),
            "device": environment.device(),
            "git_revision": environment.git_revision(),
        },
    )
    console.banner(config, splits, model, run, first_epoch=len(rows))
    recorder = fit(model, splits, config, run, rows)
    console.say("Evaluating on the test part and drawing ...")
    with replacing(run.model_path) as aside:
        model.save(aside)
    metrics, codes = evaluate(model, splits, config)
    pictures.draw(model, splits, config, run, codes)
    metrics = {**describe(model, splits, config, recorder), "test": metrics}
    run.write_json(run.metrics_path, metrics)
    console.results(metrics, run)
    return metrics


def prepare_data(config):
    """Loads the data set; validation and test parts come binarized once where that is asked for."""
    splits = datasets.load(config.dataset, config.data_dir)
    if config.binarization == "none":
        return splits
    splits = splits._replace(validation=binarize(splits.validation), test=binarize(splits.test))
    if config.binarization == "fixed":
        splits = splits._replace(train=binarize(splits.train))
    return splits


def make_model(config, splits):
    """Builds and compiles the model of these settings."""
    likelihood = config.likelihood
    if likelihood == "gaussian":
        likelihood = Gaussian(initial_scale=float(splits.train.x.std()))
    model = build(
        config.encoder,
        input_shape=splits.spec.event_shape,
        latent_dim=config.latent_dim,
        hidden_units=config.hidden_units,
        likelihood=likelihood,
        seed=config.seed,
    )
    learning_rate = config.learning_rate
    if config.learning_rate_schedule == "cosine":
        steps = config.epochs * steps_in_epoch(splits.train, config.batch_size)
        learning_rate = keras.optimizers.schedules.CosineDecay(learning_rate, decay_steps=steps)
    model.compile(keras.optimizers.Adam(learning_rate, global_clipnorm=config.clipnorm or None))
    return model


def fit(model, splits, config, run, rows):
    """Trains from where `rows`, the history so far, ends. Returns the `RunRecorder`."""
    recorder = RunRecorder(run, rows)
    if len(rows) < config.epochs:
        model.fit(
            training_batches(
                splits.train, config.batch_size, config.seed, len(rows), config.binarization
            ),
            steps_per_epoch=steps_in_epoch(splits.train, config.batch_size),
            initial_epoch=len(rows),
            epochs=config.epochs,
            validation_data=evaluation_batches(splits.validation, EVALUATION_BATCH),
            callbacks=[recorder],
            shuffle=False,  # The pipeline has shuffled.
            verbose=1 if sys.stdout.isatty() else 2,
        )
    return recorder


def evaluate(model, splits, config):
    """The figures of the test part.

    Returns:
        `(figures, codes)`: a dict for `metrics.json`, and the posterior means of the test part.
    """
    test, train = splits.test, splits.train
    if config.binarization == "dynamic":
        train = binarize(train)
    terms = evaluation.elbo_estimate(model, test.x, config.eval_samples, config.seed)
    means = {name: float(values.mean()) for name, values in terms.items()}
    codes = model.encode(test.x).z_mean
    labelled = (model.encode(train.x).z_mean, train.y), (codes, test.y)
    figures = {
        # With grey levels the Bernoulli cross-entropy is no likelihood, and there is no bound.
        "elbo": means["elbo"] if config.is_bound else None,
        "reconstruction": means["reconstruction"],
        "kl": means["kl"],
        "active_units": evaluation.active_units(codes),
        "knn_accuracy": evaluation.knn_accuracy(*labelled),
        "linear_probe_accuracy": evaluation.linear_probe_accuracy(*labelled),
    }
    return figures, codes


def describe(model, splits, config, recorder):
    """What `metrics.json` tells about the run beside the figures of the test part."""
    seconds = [row["seconds"] for row in recorder.rows]
    seconds_per_epoch = statistics.median(seconds[1:] or seconds)
    return {
        "dataset": config.dataset,
        "encoder": config.encoder,
        "seed": config.seed,
        "epochs": len(seconds),
        "parameters": model.count_params(),
        "train_seconds": round(sum(seconds), 3),
        "seconds_per_epoch": round(seconds_per_epoch, 4),
        "first_step_seconds": recorder.first_step_seconds,
        "examples_per_second": round(splits.train.size / seconds_per_epoch, 1),
        "peak_memory_mb": environment.peak_memory_mb(),
    }


def check_start(config, run, overwrite, resume):
    """Raises `SettingError` where the run may not start, or not be resumed; changes nothing."""
    run.check(overwrite, resume)
    if not (resume and run.is_run):
        return
    stored = run.read_json(run.config_path)
    free = {"data_dir"}
    if config.learning_rate_schedule == "constant":
        free.add("epochs")  # Nothing that was done depends on how many are still to come.
    for name, value in config.as_dict().items():
        if name not in free and stored.get(name) != value:
            expected = f"{stored.get(name)!r} to resume {run}"
            raise SettingError(complaint(name, expected, value))


def _restore(run):
    """The model of the last checkpoint and the history up to it."""
    epochs_done, path = list(run.checkpoints().items())[-1]
    try:
        model = keras.saving.load_model(path)
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise DataError(f"The checkpoint {path} cannot be read: {reason}") from error
    return model, run.read_history()[:epochs_done]
