"""Trains density estimators of binarized MNIST, after Burda et al. (2016, arXiv 1509.00519).

    python -m benchmarks.density --data_dir=DIR --objective=elbo --stages=7 --output=FOLDER

One stochastic layer of 50 units, 784-200-200-50 and back, tanh, batches of 20, Adam. Stage i = 0,
1, ... takes 3^i passes over the 60,000 training images, binarized again in each, at a step size of
0.001 * 10^(-i/7); eight stages are the paper's 3,280 passes. The output bias starts at the logits
of the mean image. The folder keeps the model at the end of each stage, and every 50 passes the
latest one and a line of `training.csv`; the same command goes on from the latest model.

Any backend does: `KERAS_BACKEND=jax` is the fastest one on a CPU.
"""

import shutil
import time
from pathlib import Path

import keras
import numpy as np

import keras_vrae
from benchmarks import harness
from keras_vrae.files import replacing

BATCH_SIZE = 20
PASSES_BETWEEN_SAVES = 50
OBJECTIVES = {
    "elbo": lambda samples: keras_vrae.ELBO(num_samples=samples),
    "iwae": lambda samples: keras_vrae.IWAE(samples),
    "dreg": lambda samples: keras_vrae.IWAE(samples, doubly_reparameterized=True),
}


def passes(stage):
    """Returns the number of passes over the data in a stage."""
    return 3**stage


def step_size(stage):
    """Returns Adam's step size in a stage."""
    return 0.001 * 10 ** (-stage / 7)


def make_model(images, objective, seed):
    """Returns the network of the paper, built and compiled."""
    keras.utils.set_random_seed(seed)
    model = keras_vrae.VAE(
        keras_vrae.DenseEncoder(50, hidden_units=200, activation="tanh"),
        keras_vrae.DenseDecoder(images.shape[1:], hidden_units=200, activation="tanh"),
        objective=objective,
        seed=seed,
    )
    mean = images.mean(axis=0).ravel().clip(0.001, 0.999)
    model.decoder.output_layer.bias.assign(np.log(mean / (1.0 - mean)))
    model.compile(keras_vrae.optimizers.Adam(epsilon=1e-4))
    model.optimizer.build(model.trainable_variables)
    return model


def binarized(images, rng):
    """Returns the images of a pass over the data, in a new order, each pixel drawn as 0 or 1.

    Args:
        images: array `(N, H, W, C)` of uint8. A pixel is 1 with a probability of its value / 255.
        rng: a NumPy generator.
    """
    order = rng.permutation(len(images))
    thresholds = rng.integers(255, size=images.shape, dtype=np.uint8)
    return (thresholds < images[order]).astype(np.float32)


def stage_path(folder, stage):
    """Returns the file of a stage's model."""
    return folder / f"stage-{stage}.keras"


def train(folder, images, objective, stages, seed):
    """Trains stage by stage, from the latest model of the folder if there is one."""
    latest = folder / "latest.keras"
    known = latest.exists()
    model = keras.saving.load_model(latest) if known else make_model(images, objective, seed)
    levels = np.rint(255.0 * images).astype(np.uint8)
    done = int(model.optimizer.iterations) // (len(images) // BATCH_SIZE)
    for stage in range(stages):
        model.optimizer.learning_rate = step_size(stage)
        end = sum(map(passes, range(stage + 1)))
        while done < end:
            begin = time.perf_counter()
            last = min(end, done + PASSES_BETWEEN_SAVES)
            for number in range(done, last):
                x = binarized(levels, np.random.default_rng([seed, number]))
                history = model.fit(x, batch_size=BATCH_SIZE, shuffle=False, verbose=0).history
            loss = history["loss"][-1]
            done = last
            seconds = round(time.perf_counter() - begin)
            with replacing(latest) as aside:
                model.save(aside)
            if done == end:
                shutil.copyfile(latest, stage_path(folder, stage))
            path = folder / "training.csv"
            header = "" if path.exists() else "stage,epochs,loss,seconds\n"
            with path.open("a") as file:
                file.write(f"{header}{stage},{done},{loss:.3f},{seconds}\n")
            print(f"stage {stage}, {done} passes: loss {loss:.3f}, {seconds} s", flush=True)


def main():
    """Runs the program."""
    program = harness.Program(
        __doc__, data_dir=None, objective="elbo", samples=1, stages=8, seed=0, output="density"
    )
    flags, folder = program.flags, Path(program.flags.output)
    splits = keras_vrae.datasets.load("mnist", flags.data_dir)
    images = np.concatenate([splits.train.x, splits.validation.x])
    folder.mkdir(parents=True, exist_ok=True)
    objective = OBJECTIVES[flags.objective](flags.samples)
    train(folder, images, objective, flags.stages, flags.seed)


if __name__ == "__main__":
    main()
