"""Made-up runs with a model each, for the tests of the explorer."""

import json

import keras
import numpy as np
from report.test_report import make_run

import keras_vrae as kv

STEPS, CHANNELS, LATENT, CLASSES, EXAMPLES = 6, 3, 3, 10, 50


def random_weights(model, seed=0, scale=0.6):
    """Gives a model weights that are large enough for its outputs to differ."""
    rng = np.random.default_rng(seed)
    for layer in (model.decoder, model.likelihood):
        for weight in layer.weights:
            spread = 0.3 if len(weight.shape) < 2 else scale / max(1, weight.shape[0] / 8) ** 0.5
            weight.assign(rng.normal(size=weight.shape, scale=spread))
    return model


def model_of(decoder, likelihood, event_shape=(STEPS, CHANNELS), latent=LATENT, **options):
    keras.utils.set_random_seed(0)
    encoder = kv.GRUEncoder(latent, 4)
    if isinstance(likelihood, kv.Multinomial):
        encoder = kv.BagEncoder(latent, 4)
    return random_weights(kv.VAE(encoder, decoder, likelihood, **options))


def add_model(folder, name, model, kind="series", text="word", **arrays):
    """Writes a run with a model; returns its folder.

    Args:
        folder: where to put it.
        name: of its encoder, as the report says it.
        model: the `VAE`.
        kind: kind of its examples.
        text: the titles, terms and names of classes of documents.
        **arrays: of `arrays.npz`, more or others.
    """
    path = make_run(folder, "dense", seed=len(list(folder.iterdir())), latent_dim=model.latent_dim)
    for file in ("config.json", "metrics.json"):
        content = json.loads((path / file).read_text())
        (path / file).write_text(json.dumps({**content, "encoder": name}))
    rng = np.random.default_rng(0)
    kept = dict(np.load(path / "figures" / "arrays.npz"))
    kept["codes"] = rng.normal(size=(EXAMPLES, model.latent_dim)).astype("float32")
    kept["kind"] = np.array(kind)
    if kind == "text":
        kept.pop("samples")
        kept["titles"] = np.array([f"{text} {n}" for n in range(EXAMPLES)])
        terms = int(np.prod(model.decoder.parameters_shape))
        kept["vocabulary"] = np.array([f"{text} {n}" for n in range(terms)])
        kept["map"], kept["map_rows"] = kept["codes"][:, :2], np.arange(EXAMPLES)
    else:
        shape = [STEPS if size is None else size for size in model.event_shape]
        likely = 0.5 if kind in ("image", "roll") else 0.0
        x = likely + 0.1 * rng.normal(size=(EXAMPLES, *shape))
        kept["examples"] = np.round(3 * abs(x)) % 2 if kind == "tokens" else x
        kept["example_rows"] = np.arange(EXAMPLES)
        kept["samples"] = x
    np.savez(path / "figures" / "arrays.npz", **kept | arrays)
    model.save(path / "model.keras")
    return path
