"""Bach's chorales: the likelihood of a step under recurrent VAEs and under a language model.

    python -m benchmarks.music --output=docs/benchmarks/music.json

Windows of four bars, eighth notes, 88 keys. The VAEs have an LSTM encoder and a teacher-forced
LSTM decoder; the language model is the same decoder without z. The likelihood of the VAEs is
estimated by importance sampling.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from benchmarks import machine

WINDOW, UNITS, BATCH, LEARNING_RATE = 32, 128, 32, 2e-3
WAYS = {
    "VAE": {},
    "VAE, free bits 0.5": {"free_bits": 0.5},
    "VAE, word dropout 0.5": {"word_dropout": 0.5},
    "VAE, free bits 0.5, word dropout 0.5": {"free_bits": 0.5, "word_dropout": 0.5},
}


def fit(model, splits, epochs):
    """Trains, and returns the median of the seconds of an epoch."""
    import keras

    import keras_vrae as kv

    steps = epochs * -(-splits.train.size // BATCH)
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    model.compile(kv.optimizers.Adam(schedule, global_clipnorm=20.0))
    seconds = []
    for _ in range(epochs):
        begin = time.perf_counter()
        model.fit(splits.train.x, batch_size=BATCH, epochs=1, verbose=0)
        seconds.append(time.perf_counter() - begin)
    return round(float(np.median(seconds[1:])), 3)


def variational(splits, epochs, latent_dim, seed, nll_samples, free_bits=0.0, word_dropout=0.0):
    """Figures of one VAE on the test part."""
    import keras

    import keras_vrae as kv
    from keras_vrae import evaluation

    keras.utils.set_random_seed(seed)
    vae = kv.build(
        "lstm",
        splits.spec.event_shape,
        latent_dim=latent_dim,
        hidden_units=UNITS,
        decoder="lstm",
        decoder_options={"inputs": "teacher", "word_dropout": word_dropout, "seed": seed},
        objective=kv.ELBO(free_bits=free_bits),
        seed=seed,
    )
    seconds = fit(vae, splits, epochs)
    estimate = evaluation.importance_nll(vae, splits.test.x, nll_samples, seed)
    bound = evaluation.elbo_estimate(vae, splits.test.x, 10, seed)
    return {
        "nll_per_step": round(estimate.mean / WINDOW, 4),
        "standard_error": round(estimate.standard_error_of_mean / WINDOW, 5),
        "negative_elbo_per_step": round(float(-bound["elbo"].mean()) / WINDOW, 4),
        "kl": round(float(bound["kl"].mean()), 3),
        "active_units": evaluation.active_units(vae.encode(splits.test.x).z_mean),
        "parameters": vae.count_params(),
        "seconds_per_epoch": seconds,
    }


def language_model(splits, epochs, seed):
    """Figures of the decoder alone, which is a language model where z is constant."""
    import keras

    import keras_vrae as kv

    class LanguageModel(keras.Model):
        def __init__(self):
            super().__init__()
            shape = splits.spec.event_shape
            self.decoder = kv.LSTMDecoder(shape, UNITS, inputs="teacher", seed=seed)
            self.likelihood = kv.Bernoulli()

        def call(self, x):
            z = keras.ops.zeros((keras.ops.shape(x)[0], 1))
            return -self.likelihood.log_prob(x, self.decoder(z, x=x)[None])[0]

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return keras.ops.mean(y_pred)

    keras.utils.set_random_seed(seed)
    model = LanguageModel()
    seconds = fit(model, splits, epochs)
    nll = model.predict(splits.test.x, verbose=0).mean()
    return {
        "nll_per_step": round(float(nll) / WINDOW, 4),
        "parameters": model.count_params(),
        "seconds_per_epoch": seconds,
    }


def main():
    """Reads the flags, and writes what is done after each model."""
    import keras_vrae as kv

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--latent_dim", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first_seed", type=int, default=0)
    parser.add_argument("--nll_samples", type=int, default=100)
    parser.add_argument("--data_dir", help="where the parsed chorales are kept")
    parser.add_argument("--output", default="docs/benchmarks/music.json")
    flags = parser.parse_args()
    splits = kv.datasets.load("chorales", flags.data_dir, window=WINDOW)
    content = {"command": machine.command("music")}
    content |= {**machine.describe(), "flags": {**vars(flags), "data_dir": None}}
    content |= {"window": WINDOW, "units": UNITS, "batch_size": BATCH, "runs": []}
    content["examples"] = [split.size for split in splits[:3]]

    def keep(name, seed, figures):
        content["runs"].append({"model": name, "seed": seed, **figures})
        Path(flags.output).write_text(json.dumps(content, indent=1) + "\n")
        print(time.strftime("%H:%M:%S"), content["runs"][-1], flush=True)

    for seed in range(flags.first_seed, flags.first_seed + flags.seeds):
        keep("LSTM language model", seed, language_model(splits, flags.epochs, seed))
        for name, options in WAYS.items():
            sizes = flags.epochs, flags.latent_dim, seed, flags.nll_samples
            keep(name, seed, variational(splits, *sizes, **options))


if __name__ == "__main__":
    main()
