"""This package as a contender: a user's `fit`, the same with threads set, and the program's."""

import os

import numpy as np


def make(task, variant):
    """Returns the turns of `harness.Contender`.

    Args:
        task: `encoder`, `batch_size`, `epochs`, `images`, `hidden_units` and, for `"encode"`,
            `encode_batch`; `images` is a `.npy` file of `(N, T, D)` float32 values.
        variant: `"fit"`, `"threads"` or `"program"`; or `"jax"` or `"torch"`, `fit` there.
    """
    x = np.load(task.images)
    if variant in ("jax", "torch"):
        os.environ["KERAS_BACKEND"] = variant
    if variant == "program":
        return make_program(x, task)
    import keras

    import keras_vrae

    if variant == "threads":
        from keras_vrae.backend import one_thread_per_operation

        one_thread_per_operation()
    keras.utils.set_random_seed(0)
    vae = keras_vrae.build(
        task.encoder, input_shape=x.shape[1:], latent_dim=2, hidden_units=task.hidden_units
    )
    vae.compile("adam")
    passes = {"batch_size": task.batch_size, "epochs": task.epochs}
    return {
        "train": lambda: vae.fit(x, **passes, verbose=0),
        "encode": lambda: vae.encode(x, batch_size=task.encode_batch),
    }


def make_program(x, task):
    """Returns training as `train_main.py` does it: binarized again in each epoch, clipped."""
    from keras_vrae.backend import one_thread_per_operation
    from keras_vrae.datasets.pipeline import steps_in_epoch
    from keras_vrae.datasets.splits import DataSpec, Split, Splits
    from keras_vrae.training import ExperimentConfig
    from keras_vrae.training.build import make_model
    from keras_vrae.training.loop import training_data

    one_thread_per_operation()
    split = Split(x, None)
    sizes = {"batch_size": task.batch_size, "hidden_units": task.hidden_units, "latent_dim": 2}
    config = ExperimentConfig(encoder=task.encoder, dataset="mnist", **sizes)
    splits = Splits(split, split, split, DataSpec(x.shape[1:], 10, ()))
    vae = make_model(config, splits)
    data = training_data(vae, splits, config)
    passes = {"steps_per_epoch": steps_in_epoch(split, task.batch_size), "epochs": task.epochs}
    return {"train": lambda: vae.fit(data, **passes, shuffle=False, verbose=0)}
