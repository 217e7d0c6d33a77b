"""Retrieval on 20 Newsgroups: hash codes and cosines of our models and of simple baselines.

    python -m benchmarks.text --data_dir=FOLDER --output=docs/benchmarks/text.json

Test documents query the training documents. Runs that the output has already are kept, so that the
program can be stopped and called again with more bits, seeds, protocols or models.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from benchmarks import machine

PROTOCOLS = {
    "random": {"text_split": "random"},
    "by_date": {"text_split": "by_date"},
    "stripped": {"text_split": "by_date", "text_strip": "headers,footers,quotes"},
}
# What each idea adds to the one before it.
PLAIN = {
    "text_target": "counts",
    "neighbours": 0,
    "term_dropout": 0.0,
    "bounded": False,
    "posterior_scale": 0.0,
    "balance": 0.0,
    "learning_rate": 2e-3,
    "idf_power": 1.0,
    "term_scale": 3.0,
}
MODELS = {
    "nvdm": {**PLAIN},
    "tfidf_target": {**PLAIN, "text_target": "tfidf"},
    "free_bits": {**PLAIN, "text_target": "tfidf", "free_bits": 0.3},
    "bounded": {
        **PLAIN,
        "text_target": "tfidf",
        "bounded": True,
        "posterior_scale": 0.8,
        "balance": 3.0,
    },
    "no_neighbours": {"neighbours": 0},
    "unsupervised": {},
    "wide": {"hidden_units": 1000},
    "shared": {"supervision": "shared"},
    "private": {"supervision": "private"},
    "lstm": {"encoder": "lstm"},
    "gru": {"encoder": "gru"},
    "lstm_shared": {"encoder": "lstm", "supervision": "shared"},
    "gru_shared": {"encoder": "gru", "supervision": "shared"},
}


def load(protocol, data_dir, encoder="dense"):
    """The `Splits` of a protocol; by date the whole official training part is trained on."""
    from scipy import sparse

    from keras_vrae import datasets
    from keras_vrae.training import ExperimentConfig
    from keras_vrae.training.text_settings import text_settings

    config = ExperimentConfig(encoder=encoder, dataset="newsgroups", **PROTOCOLS[protocol])
    splits = datasets.load("newsgroups", data_dir, text_settings(config))
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
        batches = training_batches(
            splits.train,
            config.batch_size,
            config.seed,
            epoch,
            with_labels=config.supervision != "none",
            target=target,
        )
        start = time.perf_counter()
        steps = steps_in_epoch(splits.train, config.batch_size)
        model.fit(batches, steps_per_epoch=steps, epochs=1, shuffle=False, verbose=0)
        seconds.append(time.perf_counter() - start)
    return model, float(np.median(seconds[1:]))


def assess(model, splits, retrieval_only=False):
    """The figures of a trained model, a dict; all of them, or those of the search alone."""
    from keras_vrae import evaluation
    from keras_vrae.training.assessment import Codes, labelled_codes
    from keras_vrae.training.text_assessment import retrieval_figures, text_figures

    codes = Codes(model.encode(splits.train.x), model.encode(splits.test.x))
    train, test = labelled_codes(model, splits, codes)
    model.binarizer.adapt(train[0])
    if retrieval_only:
        return retrieval_figures(model, (train, test))
    terms = evaluation.elbo_estimate(model, splits.test.x, num_samples=1)
    figures = text_figures(model, splits, terms["elbo"], (train, test))
    figures["kl"] = float(terms["kl"].mean())
    figures["knn_accuracy"] = evaluation.knn_accuracy(train, test)
    figures["linear_probe_accuracy"] = evaluation.linear_probe_accuracy(train, test)
    if hasattr(model, "classify"):
        hits = model.classify(splits.test.x).argmax(axis=1) == splits.test.y
        figures["label_accuracy"] = float(hits.mean())
    return figures


def baselines(splits, sizes, seed=0):
    """Precision at 100 of what needs no network: a dict by method, and by size where it has one."""
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
    parser = argparse.ArgumentParser(prog="python -m benchmarks.text", description=__doc__)
    parser.add_argument("--data_dir", required=True)
    parser.add_argument("--output", type=Path, default=Path("docs/benchmarks/text.json"))
    parser.add_argument("--protocols", default="random,by_date,stripped")
    parser.add_argument("--models", default="baselines,unsupervised,shared")
    parser.add_argument("--bits", default="8,16,32,64,128")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--retrieval_only", action="store_true", help="no perplexity, kNN, probe: half the time"
    )
    options = parser.parse_args()
    from keras_vrae.training import ExperimentConfig

    stored = json.loads(options.output.read_text()) if options.output.is_file() else {}
    stored.setdefault("runs", {})
    stored.update(machine.describe())
    sizes = [int(size) for size in options.bits.split(",")]
    for protocol in options.protocols.split(","):
        loaded = {}
        for name in options.models.split(","):
            for size, seed in [(s, r) for r in range(options.seeds) for s in sizes]:
                key = f"{protocol}/{name}/{size}/{seed}"
                if name == "baselines":
                    key = f"{protocol}/baselines"
                if key in stored["runs"]:
                    continue
                encoder = MODELS.get(name, {}).get("encoder", "dense")
                view = "bag" if encoder == "dense" else "tokens"
                if view not in loaded:
                    loaded[view] = load(protocol, options.data_dir, encoder)
                start = time.perf_counter()
                if name == "baselines":
                    figures = baselines(loaded[view], sizes)
                else:
                    config = ExperimentConfig(
                        dataset="newsgroups",
                        latent_dim=size,
                        seed=seed,
                        **{"encoder": encoder, **PROTOCOLS[protocol], **MODELS[name]},
                    )
                    model, seconds = train(config, loaded[view])
                    figures = {
                        "seconds_per_epoch": seconds,
                        **assess(model, loaded[view], options.retrieval_only),
                    }
                figures["seconds"] = round(time.perf_counter() - start, 1)
                stored["runs"][key] = figures
                options.output.write_text(json.dumps(stored, indent=1) + "\n")
                print(key, figures, flush=True)


if __name__ == "__main__":
    main()
