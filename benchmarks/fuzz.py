"""Damages files by the thousand and looks how the readers answer.

    python -m benchmarks.fuzz --output=docs/benchmarks/fuzz.json

Each kind of file has a reader of this package, and a sound example that is made here. The example
is damaged at random (bytes flipped, put in, taken out, doubled, cut off; values of JSON exchanged
for others) and read. A good answer is what the file says, or a `DataError` or `SettingError` of one
line; anything else, and whatever takes longer than 20 s, is a fault. Readers run in this process,
where a program would print that one line and exit with status 1 or 2.
"""

import argparse
import collections
import gzip
import importlib.util
import json
import random
import struct
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from benchmarks import machine
from keras_vrae.validation import DataError, SettingError

LIMIT_SECONDS = 20.0
# Values that a JSON file may hold in the place of any other.
ODD_VALUES = (None, True, -1, 0, 1e308, -1e-308, 2**70, "", "\0", "x" * 1000, [], {}, [[]], "NaN")
SERIES = "series,step,a,b\n" + "".join(f"{n // 4},{n % 4},{n}.5,{-n}\n" for n in range(160))
TS_HEADER = """# A set of the archive's kind.
@problemName Damaged
@timestamps false
@missing true
@univariate false
@equalLength false
@classLabel true a b
@data
"""
TS = TS_HEADER + "".join(
    f"{n}.5,?,-{n}e-1{',7' * (n % 3)}:0.25,{n},1{',NaN' * (n % 3)}:{'ab'[n % 2]}\n"
    for n in range(20)
)


def damaged(content):
    """Bytes like these, damaged in one to three places."""
    content = bytearray(content)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(content) + 1)
        length = random.choice((1, 1, 2, 4, 8, 64))
        kind = random.randrange(6)
        if kind == 0 and at < len(content):
            content[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            content[at:at] = random.randbytes(length)
        elif kind == 2:
            del content[at : at + length]
        elif kind == 3:
            content[at : at + length] = content[:length]
        elif kind == 4:
            content[at : at + length] = random.choice((b"\0", b"\xff", b"9")) * length
        elif kind == 5 and random.random() < 0.3:
            del content[at:]
    return bytes(content)


def damaged_json(content):
    """The JSON text of an object with a value exchanged or gone, or damaged as bytes."""
    if random.random() < 0.3:
        return damaged(content)
    value = json.loads(content)
    place = value
    while True:
        if not place:
            return json.dumps(random.choice(ODD_VALUES)).encode()
        key = random.choice(list(place) if isinstance(place, dict) else range(len(place)))
        if isinstance(place[key], (dict, list)) and place[key] and random.random() < 0.7:
            place = place[key]
            continue
        if random.random() < 0.2:
            del place[key]
        else:
            place[key] = random.choice(ODD_VALUES)
        return json.dumps(value).encode()


def damaged_record(content):
    """A TFRecord shard with one record damaged, and checksums that fit what it has become."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "shard"))
        Path(path).write_bytes(content)
        records = list(tf.data.TFRecordDataset(path).as_numpy_iterator())
        number = random.randrange(len(records))
        records[number] = damaged(records[number])
        with tf.io.TFRecordWriter(path) as writer:
            for record in records:
                writer.write(record)
        return Path(path).read_bytes()


def idx_content():
    """An IDX file of 20 images."""
    return struct.pack(">4I", 0x0803, 20, 5, 4) + bytes(range(200)) * 2


def make_run(folder):
    """The files of a finished run."""
    from keras_vrae.training import ExperimentConfig, RunDirectory

    run = RunDirectory(folder)
    run.figures_path.mkdir(parents=True)
    about = {"versions": {"keras": "3"}, "device": "CPU", "git_revision": None}
    run.write_json(run.config_path, {**ExperimentConfig(encoder="dense").as_dict(), **about})
    curve = {f"{part}{name}": 1.5 for part in ("", "val_") for name in ("loss", "kl")}
    run.write_history([{"epoch": n, **curve, "seconds": 0.5} for n in (1, 2, 3)])
    names = ("elbo", "reconstruction", "kl", "knn_accuracy", "linear_probe_accuracy")
    timings = ("parameters", "seconds_per_epoch", "examples_per_second", "peak_memory_mb")
    metrics = {"dataset": "digits", "encoder": "dense", "seed": 0}
    metrics |= dict.fromkeys(timings, 10) | {"test": dict.fromkeys(names, 0.5)}
    run.write_json(run.metrics_path, {**metrics, "evaluation": {"nll": None}})
    codes = np.random.default_rng(0).random((20, 2))
    samples = np.zeros((4, 8, 8))
    class_names = np.array(list("0123456789"))
    labels = np.arange(20) % 10
    with run.arrays_path.open("wb") as file:
        np.savez(file, codes=codes, labels=labels, class_names=class_names, samples=samples)
    return run


def make_export(folder):
    """A published version without a model in it: its files and their checksums."""
    from keras_vrae.serving import manifest

    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(bytes(range(256)))
    (folder / "variables" / "variables.index").write_bytes(b"index")
    content = {"files": manifest.checksums(folder)}
    (folder / manifest.NAME).write_text(json.dumps(content))
    return folder


def make_shards(folder):
    """A data set of 60 labelled examples in shards; the first one of training."""
    from keras_vrae.datasets import tfrecord

    x = np.random.default_rng(0).integers(0, 256, (20, 4, 2), dtype="uint8")
    parts = {part: [(x, np.arange(20) % 3)] for part in ("train", "validation", "test")}
    tfrecord.write(folder, parts, 2, class_names="abc")
    return folder / "train-00000-of-00002.tfrecord"


def read_shards(path):
    """Reads the data set that a shard, or what describes the shards, belongs to, all of it."""
    from keras_vrae.datasets import tfrecord

    train = tfrecord.load(f"{path.parent}/*.tfrecord").train
    with tfrecord.naming_damage(train):
        for _ in train.batches(8, seed=0).take(-(-train.size // 8)):
            pass
        train.sample()


def read_series(path):
    """Reads time series, and holds what came to be numbers."""
    from keras_vrae.datasets import series

    splits = series.load(path, missing="interpolate")
    scaling = splits.spec.standardization
    for values in (*(split.x for split in splits[:3]), scaling["mean"], scaling["scale"]):
        if not (np.size(values) and np.isfinite(values).all()):
            raise AssertionError("values that are none, or no numbers")


def flags_reader(_):
    """Plans a run from random values of settings."""
    from keras_vrae.training import ExperimentConfig
    from keras_vrae.training.plan import plan_runs

    names = list(ExperimentConfig.__dataclass_fields__)
    values = (*ODD_VALUES, 3, 0.5, float("nan"), float("inf"), "digits", "elbo", "1 epoch", "none")
    settings = {random.choice(names): random.choice(values) for _ in range(random.randint(1, 4))}
    encoders = [str(settings.pop("encoder", "lstm"))]
    plan_runs(
        settings, encoders, random.choice((0, 1, 2)), None, *random.choices((True, False), k=2)
    )


def targets(root):
    """The kinds of files: a dict from name to `(path, reader, how to damage, share)`."""
    from keras_vrae import serving
    from keras_vrae.datasets.images import idx
    from keras_vrae.report.comparison import Comparison, Run
    from keras_vrae.training import ExperimentConfig, RunDirectory, checkpoints

    run = make_run(root / "run")
    export = make_export(root / "export")
    model = make_model(run)
    plain, zipped = root / "images-idx3-ubyte", root / "images-idx3-ubyte.gz"
    plain.write_bytes(idx_content())
    zipped.write_bytes(gzip.compress(idx_content()))
    table, npz, ts = root / "series.csv", root / "series.npz", root / "series.ts"
    table.write_text(SERIES)
    ts.write_text(TS)
    shard = make_shards(root / "set")
    np.savez_compressed(npz, x=np.random.default_rng(0).random((40, 6, 2)), y=np.arange(40) % 2)

    def read_config(path):
        Run.read(run.path)
        ExperimentConfig.from_dict(run.read_json(path))

    def compare(_):
        Comparison.of([run.path]).header_and_rows()

    def read_checkpoint(path):
        if checkpoints.last_sound(path.parent, lambda _: None) == path:
            raise AssertionError("a damaged checkpoint was not found out")

    first = checkpoints.paths(run.checkpoints_path)[-1]
    kinds = {
        "IDX": (plain, lambda path: idx.read_idx(path, 3), damaged, 1000),
        "IDX, gzipped": (zipped, lambda path: idx.read_idx(path, 3), damaged, 700),
        "config.json": (run.config_path, read_config, damaged_json, 700),
        "metrics.json": (run.metrics_path, compare, damaged_json, 700),
        "history.csv": (run.history_path, lambda _: run.read_history(), damaged, 500),
        "arrays.npz": (run.arrays_path, compare, damaged, 500),
        "series .npz": (npz, read_series, damaged, 300),
        "series .csv": (table, read_series, damaged, 600),
        "series .ts": (ts, read_series, damaged, 1000),
        "TFRecord shard": (shard, read_shards, damaged, 500),
        "TFRecord record": (shard, read_shards, damaged_record, 500),
        "shards.json": (shard.parent / "shards.json", read_shards, damaged_json, 500),
        ".keras": (model, RunDirectory(run.path).load_model, damaged, 150),
        "checkpoint": (first, read_checkpoint, damaged, 300),
        "export.json": (export / "export.json", lambda _: serving.check_version(export),
                        damaged_json, 500),
        "export": (export / "saved_model.pb", lambda _: serving.check_version(export),
                   damaged, 300),
        "flags": (plain, flags_reader, lambda content: content, 700),
    }  # fmt: skip
    if not importlib.util.find_spec("aeon"):
        del kinds["series .ts"]
    return kinds


def make_model(run):
    """Stores a small model and a checkpoint of it in a run."""
    import keras_vrae
    from keras_vrae.training import checkpoints

    model = keras_vrae.build("dense", (3,), hidden_units=2, seed=0)
    model.compile()
    model.optimizer.build(model.trainable_variables)
    model.save(run.model_path)
    checkpoints.write(run.checkpoints_path, model, 1, checkpoints.Progress(1))
    return run.model_path


def answer(reader, path):
    """How a reader answers, in a word or two, and what is wrong with that or None."""
    begin = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader(path)
        kind, fault = "read", None
    except (DataError, SettingError) as error:
        kind, fault = type(error).__name__, None
        if not str(error).strip():
            fault = "an empty message"
    except Exception as error:
        kind, fault = "fault", f"{type(error).__name__}: {str(error)[:300]}"
    seconds = time.perf_counter() - begin
    if seconds > LIMIT_SECONDS:
        kind, fault = "fault", f"{seconds:.0f} s"
    return kind, fault


def fuzz(count=None, kinds=None, seed=0):
    """Damages and reads; returns counts of answers and a list of faults.

    Args:
        count: inputs of each kind; None for as many as each kind's share of 5,000 and more.
        kinds: names of the kinds; all when None.
        seed: fixes the damages.
    """
    random.seed(seed)
    counts, faults = {}, []
    with tempfile.TemporaryDirectory() as root:
        for name, (path, reader, damage, share) in targets(Path(root)).items():
            if kinds and name not in kinds:
                continue
            sound, counted = path.read_bytes(), collections.Counter()
            if answer(reader, path)[0] != "read" and name not in ("flags", "checkpoint"):
                faults.append(f"{name}: the sound example is not read: {answer(reader, path)}")
            for _ in range(count or share):
                content = damage(sound)
                while content == sound and name != "flags":
                    content = damage(sound)
                path.write_bytes(content)
                kind, fault = answer(reader, path)
                counted[kind] += 1
                if fault:
                    faults.append(f"{name}: {fault}")
            path.write_bytes(sound)
            counts[name] = dict(counted)
    return counts, faults


def main(arguments=None):
    """Fuzzes, and writes what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, help="inputs of each kind (default: 9,450 in all)")
    parser.add_argument("--kinds", help="names, with commas (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="fixes the damages")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    flags = parser.parse_args(arguments)
    begin = time.perf_counter()
    kinds = flags.kinds and flags.kinds.split(",")
    counts, faults = fuzz(flags.count, kinds, flags.seed)
    report = {
        **machine.describe(),
        "seed": flags.seed,
        "seconds": round(time.perf_counter() - begin, 1),
        "inputs": sum(sum(counted.values()) for counted in counts.values()),
        "answers": counts,
        "faults": dict(collections.Counter(faults).most_common()),
    }
    text = json.dumps(report, indent=2)
    print(text)
    if flags.output:
        flags.output.write_text(text + "\n")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
