"""The callback that records a run while it trains."""

import math
import time
from typing import Any

import keras
import numpy as np

from keras_vrae.training import checkpoints
from keras_vrae.training.checkpoints import Progress
from keras_vrae.training.experiment import ExperimentConfig
from keras_vrae.training.run_directory import RunDirectory
from keras_vrae.training.termination import Termination
from keras_vrae.validation import DataError

CHECKPOINT_EVERY_SECONDS = 30.0
HISTORY_EVERY_SECONDS = 1.0  # Of few examples an epoch is shorter than writing all before it.


class RunRecorder(keras.callbacks.Callback):
    """Keeps `history.csv` and the checkpoints of a run up to date, and stops a diverging run.

    With `patience` it also keeps the weights of the best epoch, and stops training after so many
    epochs that were not better.

    Args:
        run: the `RunDirectory`.
        config: its `ExperimentConfig`.
        steps_in_epoch: optimizer steps in a whole epoch.
        progress: the `Progress` to continue from.
        termination: the `Termination` that says when to stop.
        best_weights: weights of the best epoch of `progress`, or None.
    """

    def __init__(
        self,
        run: RunDirectory,
        config: ExperimentConfig,
        steps_in_epoch: int,
        progress: Progress,
        termination: Termination,
        best_weights: list[np.ndarray] | None = None,
    ) -> None:
        super().__init__()
        self.run, self.config = run, config
        self.epochs, self.best_weights = config.epochs_of(steps_in_epoch), best_weights
        self.whole_epochs = config.strategy != "none"  # Each replica has sums of its own.
        self.interval = config.checkpoint_interval
        self.steps_in_epoch, self.start, self.termination = steps_in_epoch, progress, termination
        self.rows = list(progress.rows)
        self._best: tuple[float, int | None] = (math.inf, None)
        for row in self.rows:
            self._compare(row)
        self._rows_written, self._written_at = 0, -math.inf
        self.first_step_seconds: float | None = None
        self._training_seconds: float | None = None
        self._train_begin = self._last_time = time.perf_counter()
        self._last_steps = progress.epochs * steps_in_epoch + progress.steps

    @property
    def best_epoch(self) -> int | None:
        """Number of the best epoch so far, from 1; None without patience or before the first."""
        return self._best[1]

    @property
    def is_stopped(self) -> bool:
        """True if so many epochs have passed since the best one that training stops."""
        best = self.best_epoch
        return best is not None and self.rows[-1]["epoch"] - best >= self.config.patience

    def keep_best(self) -> None:
        """Gives the model the weights of the best epoch, if there is patience."""
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._epoch_begin = time.perf_counter()
        self._training_seconds = None
        self._epoch, self._first_step = epoch, 0
        if epoch == self.start.epochs and self.start.steps:
            # The rest of an epoch; Keras has just reset the metrics.
            self._first_step = self.start.steps
            self._epoch_begin -= self.start.seconds
            checkpoints.restore_metrics(self.model, self.start.metrics)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if self.first_step_seconds is None:
            self.first_step_seconds = time.perf_counter() - self._train_begin
        steps = self._first_step + batch + 1
        if not all(math.isfinite(float(value)) for value in (logs or {}).values()):
            self._diverged(logs, steps)
        if self.whole_epochs and self.termination.requested:
            raise self.termination.stopped()
        if steps < self.steps_in_epoch and (self._due(steps) or self.termination.requested):
            seconds = time.perf_counter() - self._epoch_begin
            metrics = checkpoints.metric_state(self.model)
            self._checkpoint(Progress(self._epoch, steps, self.rows, metrics, seconds))

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        # Validation follows the last training step of an epoch and is not counted as training.
        self._training_seconds = time.perf_counter() - self._epoch_begin

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        metrics = {name: float(value) for name, value in (logs or {}).items()}
        if not all(map(math.isfinite, metrics.values())):
            self._diverged(metrics, self.steps_in_epoch)
        seconds = self._training_seconds or time.perf_counter() - self._epoch_begin
        self.rows.append({"epoch": epoch + 1, **metrics, "seconds": round(seconds, 4)})
        self._compare(self.rows[-1])
        if time.perf_counter() - self._written_at >= HISTORY_EVERY_SECONDS:
            self._write_history()
        if self.best_epoch == epoch + 1:
            self.best_weights = self.model.get_weights()
        if self.is_stopped:
            self.model.stop_training = True
        last = self.is_stopped or epoch + 1 == self.epochs
        if last or self._due(self.steps_in_epoch) or self.termination.requested:
            self._checkpoint(Progress(epoch + 1, rows=self.rows))

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._write_history()

    def _compare(self, row):
        """Notes an epoch that is better than all before."""
        if self.config.patience is not None:
            value = self.config.validation_value(row)
            if value < self._best[0]:
                self._best = value, row["epoch"]

    def _write_history(self):
        if len(self.rows) > self._rows_written:
            self.run.write_history(self.rows)
            self._rows_written, self._written_at = len(self.rows), time.perf_counter()

    def _due(self, steps):
        """Returns whether a checkpoint is due after so many steps of this epoch."""
        if self.interval is None:
            return time.perf_counter() - self._last_time >= CHECKPOINT_EVERY_SECONDS
        count, unit = self.interval
        if unit == "epoch":
            return steps == self.steps_in_epoch and (self._epoch + 1) % count == 0
        # Several steps may have been taken in one call.
        return (self._epoch * self.steps_in_epoch + steps) // count > self._last_steps // count

    def _checkpoint(self, progress):
        self._write_history()
        if not all(np.isfinite(weights).all() for weights in self.model.get_weights()):
            self._diverged({"loss": "not finite in its gradient"}, progress.steps)
        total = progress.epochs * self.steps_in_epoch + progress.steps
        folder, best = self.run.checkpoints_path, self.best_weights
        path = checkpoints.write(folder, self.model, total, progress, best)
        self._last_time, self._last_steps = time.perf_counter(), total
        if self.termination.requested:
            raise self.termination.stopped(path)

    def _diverged(self, metrics, steps):
        self._write_history()
        kept = checkpoints.paths(self.run.checkpoints_path)
        raise DataError(
            f"Training diverged in epoch {self._epoch + 1}, step {steps}: the loss is "
            f"{metrics['loss']}. Try a smaller --learning_rate"
            + (f". The last good checkpoint is {kept[-1]}" if kept else "")
        )
