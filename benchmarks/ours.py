"""This package as a contender: a user's `fit`, and the program's."""

import keras

import keras_vrae
from keras_vrae.backend.tensorflow.threads import one_thread_per_operation
from keras_vrae.datasets.pipeline import steps_in_epoch
from keras_vrae.datasets.splits import DataSpec, Split, Splits
from keras_vrae.training import ExperimentConfig
from keras_vrae.training.build import make_model
from keras_vrae.training.loop import training_data


def make(task, variant):
    """See `benchmarks.turns.Contender`; `variant` is `"fit"`, `"threads"` or `"program"`."""
    return {"fit": make_fit, "threads": make_threads, "program": make_program}[variant](task)


def make_fit(task):
    """What somebody writes who has the package and an array."""
    x = task.images()
    keras.utils.set_random_seed(0)
    vae = keras_vrae.build(
        task.encoder,
        input_shape=x.shape[1:],
        latent_dim=task.latent_dim,
        hidden_units=task.hidden_units,
    )
    vae.compile("adam")
    return {
        "train": lambda: vae.fit(x, batch_size=task.batch_size, verbose=0),
        "encode": lambda: vae.encode(x, batch_size=task.encode_batch),
    }


def make_threads(task):
    """The same with a line that sets the threads."""
    one_thread_per_operation()
    return make_fit(task)


def make_program(task):
    """What `train_main.py` does, with its defaults: binarized anew, clipped, a falling step."""
    one_thread_per_operation()
    x = task.images()
    split = Split(x, None)
    config = ExperimentConfig(
        encoder=task.encoder,
        dataset="mnist",
        batch_size=task.batch_size,
        hidden_units=task.hidden_units,
        latent_dim=task.latent_dim,
    )
    splits = Splits(split, split, split, DataSpec(x.shape[1:], 10, ()))
    vae = make_model(config, splits)
    data = training_data(vae, splits, config)
    steps = steps_in_epoch(split, task.batch_size)
    return {
        "train": lambda: vae.fit(data, steps_per_epoch=steps, shuffle=False, verbose=0),
    }
