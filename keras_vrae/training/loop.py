"""One run from beginning to end: data, model, training, metrics, plots."""

import contextlib
import math
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_vrae.backend import BatchGroups, watch_batches
from keras_vrae.callbacks import CollapseWarning
from keras_vrae.datasets import Splits
from keras_vrae.datasets.pipeline import (
    evaluation_batches,
    steps_in_epoch,
    training_batches,
)
from keras_vrae.datasets.splits import Split
from keras_vrae.files import replacing
from keras_vrae.models import VAE
from keras_vrae.training import (
    checkpoints,
    console,
    distribution,
    environment,
    run_plots,
)
from keras_vrae.training.build import make_model, make_targets
from keras_vrae.training.callbacks import RunRecorder
from keras_vrae.training.checkpoints import Progress
from keras_vrae.training.data import describe_data, prepare_data
from keras_vrae.training.experiment import ExperimentConfig
from keras_vrae.training.metrics import encode_parts, evaluation_metrics, test_metrics
from keras_vrae.training.plan import check_start
from keras_vrae.training.projector import write_projector_files
from keras_vrae.training.run_directory import RunDirectory
from keras_vrae.training.termination import Termination
from keras_vrae.types import Examples

EVALUATION_BATCH = 512
WATCHED, LOOKS = 512, 20  # Examples that are watched for a collapse, and about how many times.
LARGEST_MEAN = 1.0 - 1e-6


def train_and_evaluate(
    config: ExperimentConfig,
    run_dir: str | Path,
    overwrite: bool = False,
    resume: bool = False,
    model_of: Callable[[ExperimentConfig, Splits], VAE] = make_model,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> dict[str, Any] | None:
    """Trains a model, evaluates it on the test part, draws plots, and stores everything.

    Args:
        config: an `ExperimentConfig`.
        run_dir: folder of the run; see `RunDirectory` for its files.
        overwrite: whether to replace an earlier run in the folder.
        resume: whether to continue an earlier run from its last checkpoint; without one, the run
            begins as usual.
        model_of: function of the config and the `Splits` that makes the compiled model, such as one
            with parts of your own.
        callbacks: Keras callbacks, which see the training of the chief. What one stores is not in
            the checkpoints, and one that looks at single batches gets every batch, in a call each.

    Returns:
        The content of `metrics.json`; None in a worker that is not the chief.

    Raises:
        SettingError: for settings that do not fit the data, the folder, or the run to resume.
        DataError: for unusable data, and for training that diverges.
        Terminated: if SIGTERM or Ctrl-C came; all is saved by then.
        OSError: if a file cannot be written.
    """
    run = RunDirectory(run_dir)
    distribution.check_cluster(config.strategy)
    chief = distribution.is_chief(config.strategy)
    if chief:
        check_start(config, run, overwrite, resume)
    resume = resume and run.is_run
    if resume and run.is_finished:
        metrics, stored = (run.read_json(path) for path in (run.metrics_path, run.config_path))
        lengths = [(s.get("epochs"), s.get("updates")) for s in (stored, config.as_dict())]
        if lengths[0] == lengths[1] or metrics.get("epochs", 0) >= (config.epochs or math.inf):
            console.say(f"{run} is finished already; nothing to do.")
            return metrics
    strategy = distribution.make(config.strategy)
    console.say(f"Reading {config.dataset} ...")
    splits = prepare_data(config)
    config = choose_networks(config, splits)
    if chief:  # Again, as the networks are known now.
        check_start(config, run, overwrite, resume)
    with environment.numerics(config), distribution.scope(strategy):
        model, progress, best_weights = model_of(config, splits), Progress(), None
    kept = run.checkpoints_path
    with distribution.directory_to_write(run, chief) as run, Termination() as termination:
        run.check(overwrite, resume)  # Again, as from here on nobody else can change it.
        run.tidy()
        if not resume:
            run.clear()
        else:
            with distribution.scope(strategy):
                saved = checkpoints.read_last(kept, run.load_model, console.say)
            model, progress, best_weights = saved or (model, progress, None)
        run.metrics_path.unlink(missing_ok=True)
        run.write_json(
            run.config_path,
            {
                **config.as_dict(),
                "versions": environment.versions(),
                "device": environment.device(),
                "git_revision": environment.git_revision(),
                "data": describe_data(splits.spec),
            },
        )
        console.banner(config, splits, model, run, progress)
        console.say("Training; the first step compiles ...")
        with (
            termination.held_back(),
            distribution.naming_lost_workers(config.strategy),
            naming_damage(splits.train, splits.validation),
        ):
            steps = steps_in_epoch(splits.train, config.batch_size)
            recorder = RunRecorder(run, config, steps, progress, termination, best_weights)
            seen = [*watches(splits, recorder.epochs), *callbacks] if chief else []
            fit(model, splits, config, recorder, seen)
        if not chief:
            return None
        return finish(model, splits, config, run, recorder)


def choose_networks(config: ExperimentConfig, splits: Splits) -> ExperimentConfig:
    """Returns the settings with the networks that suit the data, and says which those are."""
    chosen = config.for_data(splits)
    if config.encoder is None:
        lengths = "one length" if splits.train.lengths is None else "unequal lengths"
        console.say(
            f"The series have {lengths}, so the encoder is {chosen.encoder}; "
            "--encoder names another one."
        )
    return chosen


@contextlib.contextmanager
def naming_damage(*splits: Any) -> Iterator[None]:
    """Turns damage to the shards of splits that is found in training into a `DataError`."""
    with contextlib.ExitStack() as stack:
        for split in splits:
            if not isinstance(split, Split):
                from keras_vrae.datasets import tfrecord

                stack.enter_context(tfrecord.naming_damage(split))
        yield


def fit(
    model: VAE,
    splits: Splits,
    config: ExperimentConfig,
    recorder: RunRecorder,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> None:
    """Continues training from the progress of a `RunRecorder`."""
    steps = recorder.steps_in_epoch
    targets = make_targets(config, splits.spec.text) if config.has_targets else None
    callbacks = [recorder, *callbacks]
    recorder.set_model(model)  # For the case that nothing is left to do.
    for first_epoch, epochs, first_step in stretches(config, recorder.start, recorder.epochs):
        if recorder.is_stopped:
            break
        target = None
        if targets:
            target = targets.at(first_epoch, lambda: open_codes(model, splits.train.x))
        model.fit(
            training_data(model, splits, config, first_epoch, first_step, target, callbacks),
            steps_per_epoch=steps - first_step,
            initial_epoch=first_epoch,
            epochs=epochs,
            validation_data=evaluation_batches(
                splits.validation, EVALUATION_BATCH, *shape_of_batches(splits, config)
            ),
            callbacks=callbacks,
            shuffle=False,  # The pipeline has shuffled.
            verbose=1 if sys.stdout.isatty() else 2,
        )
        if model.stop_training:  # By a callback of the user too.
            break
    recorder.keep_best()


def watches(splits: Splits, epochs: int) -> list[keras.callbacks.Callback]:
    """The callbacks of every run that only look: a watch for a posterior that collapses."""
    x = splits.validation.rows(slice(WATCHED)).in_memory().inputs
    return [CollapseWarning(x, every=max(1, epochs // LOOKS))]


def shape_of_batches(splits: Splits, config: ExperimentConfig) -> tuple[bool, bool]:
    """Returns whether batches are cut to their longest sequence, and whether they have labels."""
    return splits.spec.event_shape[0] is None, config.supervision != "none"


def training_data(
    model: VAE,
    splits: Splits,
    config: ExperimentConfig,
    first_epoch: int = 0,
    first_step: int = 0,
    target: Any = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Any:
    """Returns the data for the `fit` of a model, from a step of an epoch on, without end.

    Short steps get their batches in groups, unless a checkpoint is to be made at a certain step, or
    a callback, besides the `RunRecorder` that comes first, looks at single batches.
    """
    split, batch_size, groups = splits.train, config.batch_size, 1
    bucket, with_labels = shape_of_batches(splits, config)
    interval = config.checkpoint_interval
    at_steps = interval is not None and interval[1] == "step"
    single = at_steps or watch_batches(list(callbacks[1:]))
    if isinstance(split, Split) and target is None and not single:
        groups = model.batches_in_group(split.inputs, batch_size)
    batches = training_batches(
        split,
        batch_size,
        config.seed,
        first_epoch,
        config.binarization,
        first_step,
        bucket,
        with_labels=with_labels,
        target=target,
        strategy=getattr(model, "distribute_strategy", None),
        together=groups,
    )
    return batches if groups == 1 else BatchGroups(batches, batch_size, groups)


def stretches(
    config: ExperimentConfig, progress: Progress, epochs: int
) -> list[tuple[int, int, int]]:
    """Returns the calls of `fit` to come: first epoch, epoch after the last, first step."""
    rest = [(progress.epochs, progress.epochs + 1, progress.steps)] if progress.steps else []
    begun = progress.epochs + len(rest)
    if config.has_targets:
        # Each epoch has targets of its own.
        return [*rest, *((epoch, epoch + 1, 0) for epoch in range(begun, epochs))]
    return [*rest, *([(begun, epochs, 0)] if begun < epochs else [])]


def finish(
    model: VAE, splits: Splits, config: ExperimentConfig, run: RunDirectory, recorder: RunRecorder
) -> dict[str, Any]:
    """Saves, plots and evaluates a trained model. Returns the content of `metrics.json`."""
    console.say("Saving, encoding and drawing ...")
    description = describe(model, splits, config, recorder)
    splits = splits._replace(train=splits.train.sample())
    codes = encode_parts(model, splits, config)
    if model.binarizer is not None:
        model.binarizer.adapt(codes.train.z_mean[:, : model.shared_dim])
    with replacing(run.model_path) as aside:
        model.save(aside)
    means = codes.test.z_mean[:, : model.shared_dim]
    write_projector_files(run, means, splits.test, splits.spec.class_names)
    run_plots.draw(model, splits, config, run, codes)
    console.say("Evaluating on the test part ...")
    metrics = {
        **description,
        "test": test_metrics(model, splits, config, codes),
        "evaluation": evaluation_metrics(
            model, splits, codes, config.nll_samples if config.is_bound else 0, config.seed
        ),
    }
    run.write_json(run.metrics_path, metrics)
    console.results(metrics, run)
    return metrics


def open_codes(model: VAE, x: Examples) -> np.ndarray:
    """Returns posterior means; if tanh bounds them, its arguments."""
    means = model.encode(x).z_mean
    return (
        np.arctanh(np.clip(means, -LARGEST_MEAN, LARGEST_MEAN)) if model.encoder.bounded else means
    )


def describe(
    model: VAE, splits: Splits, config: ExperimentConfig, recorder: RunRecorder
) -> dict[str, Any]:
    """Returns the metrics of the training itself for `metrics.json`, a dict."""
    seconds = [row["seconds"] for row in recorder.rows]
    seconds_per_epoch = statistics.median(seconds[1:] or seconds)
    return {
        "dataset": config.dataset,
        "encoder": config.encoder,
        "decoder": config.decoder,
        "seed": config.seed,
        "epochs": len(seconds),
        **({} if recorder.best_epoch is None else {"best_epoch": recorder.best_epoch}),
        "parameters": model.count_params(),
        "train_seconds": round(sum(seconds), 3),
        "seconds_per_epoch": round(seconds_per_epoch, 4),
        "first_step_seconds": recorder.first_step_seconds,
        "examples_per_second": round(splits.train.size / seconds_per_epoch, 1),
        "peak_memory_mb": environment.peak_memory_mb(),
    }
