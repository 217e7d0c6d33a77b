"""Time series: what linear probes and anomaly scores make of unsupervised recurrent models.

    python -m benchmarks.sequences --torch_python=PYTHON --output=docs/benchmarks/sequences/all.json

For Japanese Vowels and Italy Power Demand (from aeon, official parts), for each seed: a VAE with a
recurrent encoder and decoder, trained without labels; the accuracy of a logistic regression on its
codes, beside catch22 and MiniRocket features and a recurrent VAE in PyTorch; and with each class
held out of training in turn, how well the bound tells it from the others.
"""

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import machine

SIZE = {"units": 64, "latent_dim": 16, "beta": 0.2}
# Italy Power Demand has 67 training examples, so that a pass over them has few steps.
SETTINGS = {
    "JapaneseVowels": {**SIZE, "epochs": 100, "batch_size": 32, "learning_rate": 3e-3},
    "ItalyPowerDemand": {**SIZE, "epochs": 300, "batch_size": 16, "learning_rate": 5e-3},
}
# What is other where anomalies are scored. For Italy Power Demand it is what gave a better bound of
# normal series held out of training, a fifth of them, than a KL weight of 0.2 or 150 epochs.
ANOMALY_SETTINGS = {
    "JapaneseVowels": {"epochs": 30},
    "ItalyPowerDemand": {"epochs": 400, "beta": 1.0},
}


def make_model(splits, kind, settings, examples, seed=0):
    """A compiled recurrent VAE of these settings, standardizing by the training part."""
    import keras

    import keras_vrae as kv

    keras.utils.set_random_seed(seed)
    scaling = splits.spec.standardization
    vae = kv.build(
        kind,
        splits.spec.event_shape,
        latent_dim=settings["latent_dim"],
        hidden_units=settings["units"],
        objective=kv.ELBO(beta=settings["beta"]),
        likelihood="gaussian",
        decoder=kind,
        decoder_options={"z_at_every_step": True},
        scaling=kv.Standardization(scaling["mean"], scaling["scale"]),
        bidirectional=True,
        seed=seed,
    )
    steps = settings["epochs"] * -(-examples // settings["batch_size"])
    schedule = keras.optimizers.schedules.CosineDecay(settings["learning_rate"], steps)
    vae.compile(kv.optimizers.Adam(schedule, global_clipnorm=20.0))
    return vae


def train(splits, kind, part, settings, seed):
    """A model trained on a `Split`, and the seconds of its epochs."""
    import keras

    vae = make_model(splits, kind, settings, part.size, seed)
    begins = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda *_: begins.append(time.perf_counter())
    )
    options = {"epochs": settings["epochs"], "batch_size": settings["batch_size"], "verbose": 0}
    vae.fit(part.inputs, callbacks=[watch], **options)
    return vae, np.diff([*begins, time.perf_counter()])


def probe(train_features, test_features, splits, rows):
    """Accuracies on the official test part, labels of the official training part."""
    from keras_vrae.evaluation import knn_accuracy, linear_probe_accuracy

    labelled = (train_features, rows.y), (test_features, splits.test.y)
    return {
        "linear_probe": round(linear_probe_accuracy(*labelled), 4),
        "knn": round(knn_accuracy(*labelled, num_neighbors=5), 4),
    }


def official(splits):
    """The whole official training part, of which loading has set some aside for validation."""
    from keras_vrae.datasets import Split

    columns = zip(splits.train, splits.validation, strict=True)
    return Split(*(None if a is None else np.concatenate([a, b]) for a, b in columns))


def features_of_aeon(splits, part):
    """Features that need no training: catch22, and MiniRocket of series padded by their end."""
    from aeon.transformations.collection.convolution_based import MiniRocket
    from aeon.transformations.collection.feature_based import Catch22

    lists, padded = {}, {}
    for name, split in (("train", part), ("test", splits.test)):
        lengths = split.lengths
        lengths = np.full(split.size, split.x.shape[1]) if lengths is None else lengths
        lists[name] = [x[:n].T.astype("float64") for x, n in zip(split.x, lengths, strict=True)]
        steps = np.minimum(np.arange(split.x.shape[1]), lengths[:, np.newaxis] - 1)
        x = np.take_along_axis(split.x, steps[:, :, np.newaxis], axis=1)
        padded[name] = np.swapaxes(x, 1, 2).astype("float64")
    found = {}
    for name, transform, data in (
        ("catch22", Catch22(replace_nans=True), lists),
        ("MiniRocket", MiniRocket(random_state=0), padded),
    ):
        begin = time.perf_counter()
        rows = [np.asarray(transform.fit_transform(data["train"]))]
        rows.append(np.asarray(transform.transform(data["test"])))
        rows = [row.reshape(len(row), -1) for row in rows]
        found[name] = {
            **probe(*rows, splits, part),
            "features": int(rows[0].shape[1]),
            "seconds": round(time.perf_counter() - begin, 2),
        }
    return found


def torch_vrae(python, threads, splits, part, settings, seed):
    """What `rivals/torch_vrae.py` makes of the same standardized data, in its own process."""
    scaling, arrays = splits.spec.standardization, {}
    for name, split in (("train", part), ("test", splits.test)):
        lengths = split.lengths
        lengths = np.full(split.size, split.x.shape[1]) if lengths is None else lengths
        x = (split.x - np.array(scaling["mean"])) / np.array(scaling["scale"])
        counts = np.arange(x.shape[1]) < lengths[:, np.newaxis]
        arrays[f"x_{name}"] = np.where(counts[:, :, np.newaxis], x, 0).astype("float32")
        arrays[f"lengths_{name}"] = lengths.astype("int64")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.npz"), Path(folder, "out.npz")
        np.savez(source, **arrays)
        program = Path(__file__).parent / "rivals" / "torch_vrae.py"
        settings = json.dumps({**settings, "seed": seed, "threads": threads})
        subprocess.run([python, str(program), str(source), str(target), settings], check=True)
        found = dict(np.load(target))
    return {
        **probe(found["train"], found["test"], splits, part),
        "test_loss": round(float(found["loss"]), 2),
        "seconds_per_epoch": round(float(np.median(found["seconds"][1:])), 4),
        "parameters": int(found["parameters"]),
        "torch": str(found["version"]),
    }


def ours(splits, kind, part, settings, seed):
    """What a model of this package makes of the data."""
    vae, seconds = train(splits, kind, part, settings, seed)
    codes = [vae.encode(split.inputs).z_mean for split in (part, splits.test)]
    loss = vae.evaluate(splits.test.inputs, batch_size=512, verbose=0, return_dict=True)["loss"]
    return {
        **probe(*codes, splits, part),
        "test_loss": round(float(loss), 2),
        "seconds_per_epoch": round(float(np.median(seconds[1:])), 4),
        "parameters": vae.count_params(),
    }


def anomalies(splits, kind, part, settings, held_out, seed):
    """AUROC and more of each way to score, with one class held out of training."""
    from sklearn.ensemble import IsolationForest

    from keras_vrae.evaluation import anomaly

    normal = part.rows(part.y != held_out)
    truth = splits.test.y == held_out
    vae, _ = train(splits, kind, normal, settings, seed)
    inputs = normal.inputs, splits.test.inputs
    flat = anomaly.flat_features(*inputs)
    forest = IsolationForest(random_state=seed).fit(flat[0])
    scores = {
        "negative ELBO": [anomaly.anomaly_scores(vae, x).per_example for x in inputs],
        "PCA": anomaly.pca_scores(*inputs, settings["latent_dim"]),
        "Isolation Forest": [-forest.score_samples(rows) for rows in flat],
        "random": anomaly.random_scores(*inputs, seed=seed),
    }
    return {
        name: {
            figure: round(value, 4)
            for figure, value in anomaly.anomaly_figures(*pair, truth).items()
            if figure in ("auroc", "auprc", "f1")
        }
        for name, pair in scores.items()
    }


def run(flags):
    """All that the flags ask for; what is done is written after each step."""
    import keras_vrae as kv

    content = {"command": machine.command("sequences")}
    content |= {**machine.describe(), "settings": SETTINGS, "anomaly_settings": ANOMALY_SETTINGS}
    content |= {"seeds": flags.seeds, "sets": {}}

    def keep(message):
        Path(flags.output).write_text(json.dumps(content, indent=1) + "\n")
        print(time.strftime("%H:%M:%S"), message, flush=True)

    sets = {}
    for name in flags.sets.split(","):
        splits = kv.datasets.load(f"timeseries:{name}")
        part, figures, settings = official(splits), {}, SETTINGS[name]
        sets[name], content["sets"][name] = (splits, part), figures
        figures["examples"] = [part.size, splits.test.size]
        if flags.features:
            figures["aeon"] = features_of_aeon(splits, part)
            keep(f"{name}: {figures['aeon']}")
        for kind in filter(None, flags.kinds.split(",")):
            figures[kind] = []
            for seed in range(flags.seeds):
                figures[kind].append(ours(splits, kind, part, settings, seed))
                keep(f"{name} {kind}: {figures[kind][-1]}")
        if flags.torch_python:
            figures["torch"] = []
            for seed in range(flags.seeds):
                found = torch_vrae(
                    flags.torch_python, flags.torch_threads, splits, part, settings, seed
                )
                figures["torch"].append(found)
                keep(f"{name} torch: {found}")
        figures["anomalies"] = []
    first = flags.first_anomaly_seed
    for seed in range(first, first + flags.anomaly_seeds):
        for name, (splits, part) in sets.items():
            settings = {**SETTINGS[name], **ANOMALY_SETTINGS[name]}
            for held_out in range(splits.spec.num_classes):
                scores = anomalies(splits, "gru", part, settings, held_out, seed)
                found = {"seed": seed, "held_out": held_out, "scores": scores}
                content["sets"][name]["anomalies"].append(found)
                keep(f"{name} without class {held_out}: {scores}")


def main():
    """Reads the flags."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", default=",".join(SETTINGS))
    parser.add_argument("--kinds", default="gru", help="recurrent layers, with commas")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--anomaly_seeds", type=int, default=3)
    parser.add_argument("--first_anomaly_seed", type=int, default=0)
    parser.add_argument("--features", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--torch_python", help="a Python with PyTorch; none: without PyTorch")
    parser.add_argument("--torch_threads", type=int, default=machine.cores())
    parser.add_argument("--output", default="docs/benchmarks/sequences/all.json")
    run(parser.parse_args())


if __name__ == "__main__":
    main()
