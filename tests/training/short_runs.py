"""Runs of programs that end with the model saved, and may kill themselves before."""

import os
import signal
import zipfile

import h5py

from keras_vrae.files import replacing
from keras_vrae.training import loop
from keras_vrae.training.callbacks import RunRecorder


def save(model, splits, config, run, recorder):
    """Ends a run with its model: plots and evaluation would take long."""
    with replacing(run.model_path) as aside:
        model.save(aside)
    run.write_json(run.metrics_path, {})


def shorten(step_of_death=None):
    """Makes runs of this process short, and kills it when that step begins."""
    loop.finish = save

    def on_train_batch_begin(self, batch, logs=None):
        if self.model.optimizer.iterations == int(step_of_death):
            os.kill(os.getpid(), signal.SIGKILL)

    if step_of_death:
        RunRecorder.on_train_batch_begin = on_train_batch_begin


def content(folder):
    """The parts of a finished run that must not depend on interruptions."""
    values = {}

    def keep(name, item):
        if isinstance(item, h5py.Dataset):
            values[name] = item[()].tobytes()

    with zipfile.ZipFile(folder / "model.keras") as archive:
        archive.extract("model.weights.h5", folder)
    with h5py.File(folder / "model.weights.h5") as file:
        file.visititems(keep)
    rows = (folder / "history.csv").read_text().splitlines()
    values["history"] = [row.rsplit(",", 1)[0] for row in rows]  # The last column is a time.
    return values
