"""What watches a run while it trains."""

import math
import time

import keras

from keras_vrae.validation import DataError

CHECKPOINT_EVERY_SECONDS = 20.0


class RunRecorder(keras.callbacks.Callback):
    """Keeps `history.csv` and the checkpoints of a run up to date.

    Args:
        run: the `RunDirectory`.
        rows: the history so far, one dict an epoch; grows while the model trains.
    """

    def __init__(self, run, rows):
        super().__init__()
        self.run, self.rows = run, rows
        self.first_step_seconds = None
        self._training_seconds = None

    def on_train_begin(self, logs=None):
        self._train_begin = self._last_checkpoint = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        if self.first_step_seconds is None:
            self.first_step_seconds = time.perf_counter() - self._train_begin

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch_begin = time.perf_counter()
        self._training_seconds = None

    def on_test_begin(self, logs=None):
        # Validation follows the last training step of an epoch and is not counted as training.
        self._training_seconds = time.perf_counter() - self._epoch_begin

    def on_epoch_end(self, epoch, logs=None):
        figures = {name: float(value) for name, value in logs.items()}
        if not all(map(math.isfinite, figures.values())):
            raise DataError(
                f"Training diverged in epoch {epoch + 1}: the loss is {figures['loss']}. "
                "Try a smaller --learning_rate"
            )
        seconds = self._training_seconds or time.perf_counter() - self._epoch_begin
        self.rows.append({"epoch": epoch + 1, **figures, "seconds": round(seconds, 4)})
        # The history first: it may run ahead of the checkpoint, but not lack an epoch of it.
        self.run.write_history(self.rows)
        due = time.perf_counter() - self._last_checkpoint > CHECKPOINT_EVERY_SECONDS
        if due or epoch + 1 == self.params["epochs"]:
            self.run.write_checkpoint(self.model, epoch + 1)
            self._last_checkpoint = time.perf_counter()
