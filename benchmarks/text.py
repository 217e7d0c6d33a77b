"""Measures retrieval on 20 Newsgroups by codes of our models and of simple baselines.

    python -m benchmarks.text --data_dir=FOLDER --output=docs/benchmarks/text.json

Test documents query the training documents. Runs that the output has already are kept, so that the
program can be stopped and called again with more bits, seeds, protocols or models.
"""

import json
import time
from pathlib import Path

import numpy as np

from benchmarks import harness

PROTOCOLS = {
    "random": {"text_split": "random"},
    "by_date": {"text_split": "by_date"},
    "stripped": {"text_split": "by_date", "text_strip": "headers,footers,quotes"},
}
# Settings before any idea; each model adds one to the model before it.
PLAIN = {"text_target": "counts", "neighbours": 0, "term_dropout": 0.0, "bounded": False}
PLAIN |= {"posterior_scale": 0.0, "balance": 0.0, "learning_rate": 2e-3, "idf_power": 1.0}
PLAIN |= {"term_scale": 3.0}
MODELS = {
    "nvdm": {**PLAIN},
    "tfidf_target": {**PLAIN, "text_target": "tfidf"},
    "bounded": {**PLAIN, "text_target": "tfidf", "bounded": True, "posterior_scale": 0.8}
    | {"balance": 3.0},
    "no_neighbours": {"neighbours": 0},
    "unsupervised": {},
    "shared": {"supervision": "shared"},
    "private": {"supervision": "private"},
    "lstm": {"encoder": "lstm"},
    "gru": {"encoder": "gru"},
    "lstm_shared": {"encoder": "lstm", "supervision": "shared"},
    "gru_shared": {"encoder": "gru", "supervision": "shared"},
}


def load(protocol, data_dir, encoder="dense"):
    """Returns the `Splits` of a protocol; by date the training part is the whole official one."""
    from scipy import sparse

    from keras_vrae import datasets
    from keras_vrae.training import ExperimentConfig

    config = ExperimentConfig(encoder=encoder, dataset="newsgroups", **PROTOCOLS[protocol])
    splits = datasets.load("newsgroups", data_dir, **config.data_options)
    if protocol == "random":
        return splits
    parts = splits.train, splits.validation
    labels = np.concatenate([part.y for part in parts])
    if encoder == "dense":
        x = counts = sparse.vstack([part.x for part in parts]).tocsr()
    else:
        x = np.concatenate([part.x for part in parts])
        counts = load(protocol, data_dir).train.x  # Of the same documents in the same order.
    spec = splits.spec._replace(text=splits.spec.text._replace(counts=counts))
    return splits._replace(train=datasets.Split(x, labels), spec=spec)


def train(config, splits):
    """Trains a model with these settings and returns it, with seconds an epoch."""
    import keras

    from keras_vrae.datasets.pipeline import steps_in_epoch, training_batches
    from keras_vrae.training.build import make_model, make_targets
    from keras_vrae.training.loop import open_codes

    keras.utils.set_random_seed(config.seed)
    model, seconds = make_model(config, splits), []
    targets = make_targets(config, splits.spec.text) if config.has_targets else None
    for epoch in range(config.epochs):
        target = targets and targets.at(epoch, lambda: open_codes(model, splits.train.x))
        options = {"with_labels": config.supervision != "none", "target": target}
        seeds = config.batch_size, config.seed, epoch
        batches = training_batches(splits.train, *seeds, **options)
        start = time.perf_counter()
        steps = steps_in_epoch(splits.train, config.batch_size)
        model.fit(batches, steps_per_epoch=steps, epochs=1, shuffle=False, verbose=0)
        seconds.append(time.perf_counter() - start)
    return model, float(np.median(seconds[1:]))


def assess(model, splits):
    """Returns the precision at 100 of a trained model, by cosine and by hash code."""
    from keras_vrae.evaluation import precision_by_cosine, precision_by_hamming

    train, test = (
        (model.encode(part.x).z_mean[:, : model.shared_dim], part.y)
        for part in (splits.train, splits.test)
    )
    model.binarizer.adapt(train[0])
    codes = [(np.packbits(np.asarray(model.binarizer(z)), axis=1), y) for z, y in (test, train)]
    return {
        "precision_at_100_cosine": precision_by_cosine(test, train),
        "precision_at_100_hamming": precision_by_hamming(*codes),
    }


def baselines(splits, sizes, seed=0):
    """Returns the precision at 100 without a network, by method, and by size if it has one."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.svm import LinearSVC

    from keras_vrae.evaluation import precision_by_cosine, precision_by_hamming

    transformer = TfidfTransformer(sublinear_tf=True).fit(splits.train.x)
    train, test = transformer.transform(splits.train.x), transformer.transform(splits.test.x)
    labels = splits.train.y, splits.test.y
    found = {"tfidf_cosine": precision_by_cosine((test, labels[1]), (train, labels[0]))}
    svm = LinearSVC(random_state=seed).fit(train, labels[0])
    found["linear_svm_accuracy"] = float(svm.score(test, labels[1]))
    rng = np.random.default_rng(seed)
    for size in sizes:
        svd = TruncatedSVD(size, random_state=seed).fit(train)
        codes = svd.transform(train), svd.transform(test)
        pairs = [(codes[1], labels[1]), (codes[0], labels[0])]
        found.setdefault("svd_cosine", {})[size] = precision_by_cosine(*pairs)
        thresholds = np.median(codes[0], axis=0)
        bits = [(np.packbits(part > thresholds, axis=1), y) for part, y in pairs]
        found.setdefault("svd_median_hash", {})[size] = precision_by_hamming(*bits)
        planes = rng.normal(size=(train.shape[1], size))
        sides = [(test @ planes > 0, labels[1]), (train @ planes > 0, labels[0])]
        bits = [(np.packbits(part, axis=1), y) for part, y in sides]
        found.setdefault("random_hyperplanes", {})[size] = precision_by_hamming(*bits)
    return found


def main():
    """Makes the runs that are asked for and not there yet, and stores each as it ends."""
    models = ("baselines", "unsupervised", "shared")
    sizes = {"bits": (8, 16, 32, 64, 128), "seeds": 3, "epochs": 0}
    sizes |= {"protocols": tuple(PROTOCOLS), "models": models}
    output = "docs/benchmarks/text.json"
    program = harness.Program(__doc__, data_dir=None, output=output, **sizes)
    flags, path = program.flags, Path(program.flags.output)
    from keras_vrae.training import ExperimentConfig

    stored = json.loads(path.read_text()) if path.is_file() else {"runs": {}}
    runs = [
        (p, m, s, r)
        for p in flags.protocols
        for m in flags.models
        for r in range(flags.seeds)
        for s in flags.bits
    ]
    loaded = {}
    for protocol, name, size, seed in runs:
        key = f"{protocol}/{name}/{size}/{seed}"
        if name == "baselines":
            key = f"{protocol}/baselines"
        if key in stored["runs"]:
            continue
        encoder = MODELS.get(name, {}).get("encoder", "dense")
        view = protocol, "bag" if encoder == "dense" else "tokens"
        if view not in loaded:
            loaded = {view: load(protocol, flags.data_dir, encoder)}
        start = time.perf_counter()
        if name == "baselines":
            found = baselines(loaded[view], flags.bits)
        else:
            settings = {"encoder": encoder, **PROTOCOLS[protocol], **MODELS[name]}
            if flags.epochs:
                settings["epochs"] = flags.epochs
            sizes = {"latent_dim": size, "seed": seed}
            config = ExperimentConfig(dataset="newsgroups", **sizes, **settings)
            model, seconds = train(config, loaded[view])
            found = assess(model, loaded[view])
            found["seconds_per_epoch"] = seconds
        stored["runs"][key] = {**found, "seconds": round(time.perf_counter() - start, 1)}
        program.save({"runs": stored["runs"]})
        print(key, stored["runs"][key], flush=True)


if __name__ == "__main__":
    main()
