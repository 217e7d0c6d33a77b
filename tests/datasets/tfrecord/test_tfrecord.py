"""Data sets in TFRecord shards."""

import dataclasses
import itertools
import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_vrae as kv
from keras_vrae import datasets, evaluation
from keras_vrae.datasets import tfrecord
from keras_vrae.datasets.pipeline import (
    binarize,
    evaluation_batches,
    steps_in_epoch,
    training_batches,
)
from keras_vrae.datasets.tfrecord import records, sharded_split
from keras_vrae.training import ExperimentConfig, checkpoints, loop, train_and_evaluate
from keras_vrae.validation import DataError, SettingError
from keras_vrae_cli.program import main

SIZE = 90


def made(folder, dtype="uint8", shards=3):
    """Writes examples whose values are their number into shards; returns all of them."""
    x = np.arange(SIZE, dtype=dtype)[:, None, None] * np.ones((1, 4, 2), dtype)
    y = np.arange(SIZE) % 5
    batches = {"train": [(x[:50], y[:50]), (x[50:], y[50:])]}
    batches |= {"validation": [(x[:20], y[:20])], "test": [(x[20:40], y[20:40])]}
    tfrecord.write(folder, batches, shards, class_names="abcde")
    return x, y


@pytest.fixture
def shards(tmp_path):
    made(tmp_path / "set")
    return tmp_path / "set"


@pytest.fixture
def train(shards):
    return datasets.load(f"tfrecord:{shards}/*.tfrecord").train


def epochs(split, count, **settings):
    settings = {"batch_size": 8, "seed": 0, **settings}
    batches = training_batches(split, **settings).as_numpy_iterator()
    steps = steps_in_epoch(split, settings["batch_size"])
    return [list(itertools.islice(batches, steps)) for _ in range(count)]


def numbers(batches):
    return np.rint(np.concatenate(batches)[:, 0, 0] * 255).astype(int).tolist()


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_round_trip(tmp_path, dtype):
    x, y = made(tmp_path, dtype)
    splits = datasets.load(f"tfrecord:{tmp_path}/*.tfrecord")
    scaled = x / 255 if dtype == "uint8" else x
    assert splits.spec == datasets.DataSpec((4, 2), 5, tuple("abcde"))
    assert splits.train.size == SIZE
    assert splits.train.deviation == pytest.approx(scaled.std(), rel=1e-6)
    parts = splits.train.sample(), splits.test.in_memory()
    for split, rows in zip(parts, (slice(None), slice(20, 40)), strict=True):
        order = np.argsort(split.x[:, 0, 0])
        np.testing.assert_allclose(split.x[order], scaled[rows], rtol=1e-6)
        np.testing.assert_array_equal(split.y[order], y[rows])
    for values, labels in training_batches(splits.train, 8, 0, with_labels=True).take(3):
        number = np.rint(values[:, 0, 0] * (255 if dtype == "uint8" else 1))
        np.testing.assert_array_equal(labels, number % 5)


def test_every_epoch_holds_every_example_in_an_order_of_its_own(train):
    one, two = epochs(train, 2)
    assert [len(batch) for batch in one] == [8] * 11 + [2]
    for epoch in (one, two):
        assert sorted(numbers(epoch)) == list(range(SIZE))
    assert numbers(one) != numbers(two)
    # The shards come in turns, and the buffer mixes as well.
    assert np.mean(np.abs(np.diff(numbers(one)))) > SIZE / 6


@pytest.mark.parametrize("binarization", ["none", "dynamic"])
def test_a_step_depends_on_the_seed_the_epoch_and_the_step_alone(train, binarization):
    settings = {"binarization": binarization}
    whole = epochs(train, 3, **settings)
    keras.utils.set_random_seed(7)
    tail = training_batches(train, 8, 0, 1, binarization, first_step=5).as_numpy_iterator()
    for one, two in zip([*whole[1][5:], *whole[2]], tail, strict=False):
        np.testing.assert_array_equal(one, two)
    other = np.concatenate(epochs(train, 1, **settings, seed=1)[0])
    assert not np.array_equal(other, np.concatenate(whole[0]))


def test_the_buffer_is_what_is_held(train):
    small = dataclasses.replace(train, buffer=1)
    (order,) = epochs(small, 1)
    turns = [number % 3 for number in numbers(order)]  # Of one shard each.
    assert all(len({*turns[start : start + 3]}) == 3 for start in range(0, SIZE, 3))
    assert sharded_split.examples_in_memory(2**20) == 256


@pytest.mark.parametrize("batch_size", [3, 7, 20, 64])
def test_parts_are_read_in_order_as_in_memory(shards, batch_size):
    test = datasets.load(f"tfrecord:{shards}/*.tfrecord").test
    whole = test.in_memory()
    assert test.y.tolist() == whole.y.tolist()
    for part, memory in ((test, whole), (binarize(test), binarize(whole))):
        batches = list(part.in_batches(batch_size))
        assert {len(batch) for batch in batches[:-1]} <= {batch_size}
        np.testing.assert_array_equal(np.concatenate(batches), memory.x)
        pairs = evaluation_batches(part, batch_size, with_labels=True)
        assert pairs.cardinality() == len(batches)
        labels = np.concatenate([labels for _, labels in pairs.as_numpy_iterator()])
        np.testing.assert_array_equal(labels, whole.y)
        first = part.rows(slice(9))
        assert first.size == 9
        np.testing.assert_array_equal(first.in_memory().x, memory.x[:9])
    assert test.rows(slice(None)).size == 20


@pytest.mark.slow
def test_metrics_equal_those_of_data_in_memory(shards):
    splits = datasets.load(f"tfrecord:{shards}/*.tfrecord")
    model = kv.build("dense", (4, 2), hidden_units=8, seed=0)
    model.compile("adam")
    for read, held in (
        (splits.test, splits.test.in_memory()),
        (binarize(splits.test), binarize(splits.test.in_memory())),
    ):
        losses = []
        for part in (read, held):
            model.sampling.seed_generator.state.assign([1, 1])
            losses.append(model.evaluate(evaluation_batches(part, 8), verbose=0))
        assert losses[0] == losses[1]
        for function in (
            lambda part: model.encode(part.inputs, batch_size=8).z_mean,
            lambda part: evaluation.elbo_estimate(model, part.inputs, 2)["elbo"],
            lambda part: evaluation.importance_nll(model, part.inputs, 20).nll,
        ):
            np.testing.assert_array_equal(function(read), function(held))


THREE, SIX = (13, 12, 12), (13, 13, 13, 13, 12, 12)


# Three shards cannot be dealt out to two workers.
@pytest.mark.parametrize(
    ("counts", "workers"), [(THREE, 1), (THREE, 3), (SIX, 1), (SIX, 2), (SIX, 3)]
)
def test_workers_read_all_examples_once_in_as_many_steps(tmp_path, counts, workers):
    size = sum(counts)
    x = np.arange(size, dtype="uint8")[:, None, None] * np.ones((1, 1, 1), "uint8")
    parts = {part: [(x, None)] for part in ("train", "validation", "test")}
    tfrecord.write(tmp_path / "set", parts, len(counts))
    train = datasets.load(f"tfrecord:{tmp_path}/set/*.tfrecord").train
    replicas = 2 * workers if len(counts) > 3 else workers
    strategy = SimpleNamespace(
        extended=SimpleNamespace(_in_multi_worker_mode=lambda: True),
        cluster_resolver=SimpleNamespace(
            cluster_spec=lambda: SimpleNamespace(num_tasks=lambda name: workers)
        ),
        distribute_datasets_from_function=lambda function: [
            function(tf.distribute.InputContext(workers, worker, replicas))
            for worker in range(workers)
        ],
    )
    steps = steps_in_epoch(train, 12)
    streams = [
        batches.as_numpy_iterator() for batches in training_batches(train, 12, 0, strategy=strategy)
    ]
    for _ in range(2):
        read = [
            next(stream)
            for _ in range(steps)
            for stream in streams
            for _ in range(replicas // workers)
        ]
        assert sorted(numbers(read)) == list(range(size))
        assert {len(batch) for batch in read[:replicas]} == {12 // replicas}


def config(shards, **settings):
    settings = {"encoder": "dense", "hidden_units": 8, "nll_samples": 2, **settings}
    return ExperimentConfig(
        dataset=f"tfrecord:{shards}/*.tfrecord", epochs=2, batch_size=8, **settings
    )


@pytest.mark.slow
def test_a_resumed_run_ends_as_the_uninterrupted_one(shards, tmp_path, monkeypatch):
    settings = config(shards, checkpoint_every="5 steps", supervision="shared")
    assert settings.name == "tfrecord-set-dense"
    metrics = train_and_evaluate(settings, tmp_path / "whole")
    assert 0 <= metrics["test"]["knn_accuracy"] <= 1
    write, folder = checkpoints.write, tmp_path / "killed"
    monkeypatch.setattr(loop, "finish", lambda model, *_: model)  # The rest takes long.

    def write_and_die(path, model, steps, progress, best_weights=None):
        write(path, model, steps, progress)
        if steps == 15:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "write", write_and_die)
    with pytest.raises(KeyboardInterrupt):
        train_and_evaluate(settings, folder)
    monkeypatch.setattr(checkpoints, "write", write)
    resumed = train_and_evaluate(settings, folder, resume=True)
    whole = keras.saving.load_model(tmp_path / "whole" / "model.keras")
    for one, two in zip(whole.variables, resumed.variables, strict=True):
        np.testing.assert_array_equal(one, two)


def damage(path, how, count):
    content = bytearray(path.read_bytes())
    if how == "truncated":
        content = content[: len(content) // 2]
    elif how == "cut between records":
        content = content[: len(content) // count * (count - 1)]
    else:
        content[len(content) // 2] ^= 16
    path.write_bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["train", "validation"])
@pytest.mark.parametrize("how", ["truncated", "cut between records", "a bit"])
def test_an_error_names_the_damaged_file_and_record(shards, tmp_path, part, how):
    path = shards / f"{part}-00001-of-00003.tfrecord"
    count = sum(1 for _ in tf.data.TFRecordDataset(str(path)))
    assert path.stat().st_size % count == 0  # All records have one size.
    damage(path, how, count)
    record = count if how == "cut between records" else count // 2 + 1
    with pytest.raises(DataError) as raised:
        train_and_evaluate(config(shards), tmp_path / "run")
    message = str(raised.value)
    assert str(path) in message
    assert "\n" not in message
    assert "is damaged at record" in message
    assert f"record {record} of {count}:" in message


def test_records_of_another_kind_are_refused(shards):
    path = shards / "train-00000-of-00003.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(b"something else")
    with pytest.raises(
        DataError, match=r"at record 1 of 30: it is not an example of shape \(4, 2\)"
    ):
        datasets.load(f"tfrecord:{shards}/*.tfrecord")


@pytest.mark.parametrize(
    "record",
    [
        b"\xff" * 70,  # TensorFlow quotes it in what it says, and fails at that.
        records.encode_record(np.zeros((4, 2), "uint8"), -1),
        records.encode_record(np.zeros((4, 2), "uint8"), 5),
        records.encode_record(np.zeros((4, 3), "uint8"), 0),
    ],
    ids=["no text", "label -1", "label 5", "shape"],
)
def test_an_error_names_an_invalid_record_while_a_model_trains(shards, tmp_path, record):
    path = shards / "train-00000-of-00003.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for _ in range(30):
            writer.write(record)
    description = json.loads((shards / "shards.json").read_text())
    for shard in description["shards"]:
        if shard["file"] == path.name:
            shard["bytes"] = path.stat().st_size
    (shards / "shards.json").write_text(json.dumps(description))
    with pytest.raises(DataError, match=r"at record 1 of 30: .* with a label below 5"):
        train_and_evaluate(config(shards), tmp_path / "run")


def test_a_damaged_description_is_refused(shards):
    path = shards / "shards.json"
    sound = json.loads(path.read_text())
    wrong = {"event_shape": [0], "dtype": "object", "kind": 3, "deviation": "nan", "shards": [7]}
    wrong["shards"] = [{**sound["shards"][0], "file": "../elsewhere"}]
    for name, value in (*wrong.items(), ("event_shape", [2**70]), ("event_shape", [400, 2])):
        path.write_text(json.dumps({**sound, name: value}))
        with pytest.raises(DataError, match=r"shards\.json cannot be read"):
            datasets.load(f"tfrecord:{shards}/*.tfrecord")
    path.unlink()
    with pytest.raises(DataError, match=r"must hold shards\.json"):
        datasets.load(f"tfrecord:{shards}/*.tfrecord")


def test_patterns(shards):
    few = datasets.load(f"tfrecord:{shards}/*-00001-of-*.tfrecord")
    assert [split.size for split in few[:3]] == [30, 7, 7]
    with pytest.raises(SettingError, match="a pattern that files fit"):
        ExperimentConfig(dataset=f"tfrecord:{shards}/*.nothing")
    with pytest.raises(DataError, match="examples of the validation part"):
        datasets.load(f"tfrecord:{shards}/t*.tfrecord")
    for name, value in {"label_fraction": 0.5, "binarization": "fixed"}.items():
        with pytest.raises(SettingError, match=f"`{name}` must be .* with TFRecord shards"):
            config(shards, **{name: value})


def test_the_converter(tmp_path, capsys):
    output = str(tmp_path / "digits")
    arguments = ["--dataset=digits", f"--output={output}", "--shards=2"]
    assert main("tfrecord", "tfrecord", arguments) == 0
    assert "6 shards of" in capsys.readouterr().out
    one, two = datasets.load("digits"), datasets.load(f"tfrecord:{output}/*.tfrecord")
    assert one.spec == two.spec
    rows = np.r_[0 : one.test.size : 2, 1 : one.test.size : 2]  # Of the one shard, then the other.
    np.testing.assert_array_equal(two.test.in_memory().x, one.test.x[rows])
    np.testing.assert_array_equal(two.test.y, one.test.y[rows])
    assert main("tfrecord", "tfrecord", arguments) == 2
    assert "`output` must be a folder that is empty" in capsys.readouterr().err
    arguments = ["--dataset=digits", f"--output={output}2", "--shards=0"]
    assert main("tfrecord", "tfrecord", arguments) == 2
    assert not (tmp_path / "digits2").exists()


def test_sequences_of_unequal_length_cannot_be_written(tmp_path):
    splits = datasets.load("digits")
    sequences = splits.test._replace(lengths=np.full(splits.test.size, 3))
    with pytest.raises(SettingError, match="kind='image of unequal length'"):
        tfrecord.write_splits(tmp_path / "set", splits._replace(test=sequences), 2)
    scaled = splits._replace(
        spec=splits.spec._replace(standardization={"mean": [0.0], "scale": [2.0]})
    )
    with pytest.raises(SettingError, match="nor standardized"):
        tfrecord.write_splits(tmp_path / "set", scaled, 2)
    assert not (tmp_path / "set").exists()


def test_invalid_examples_are_not_written(tmp_path):
    x, y = np.zeros((6, 2, 2), "uint8"), np.zeros(6, "int64")
    good = {part: [(x, y)] for part in ("train", "validation", "test")}
    wrong = {
        "one shape": (np.zeros((6, 2, 3), "uint8"), y),
        "uint8 or float32": (x.astype("float64"), y),
        "Labels must be": (x, y + 1),
    }
    for number, (message, batch) in enumerate(wrong.items()):
        folder = tmp_path / str(number)
        with pytest.raises(DataError, match=message):
            tfrecord.write(folder, {**good, "test": [batch]}, 2, class_names="a")
        assert not (folder / "shards.json").exists()
    floats = np.full((1, 2, 2), np.nan, "float32")
    with pytest.raises(DataError, match="finite"):
        tfrecord.write(tmp_path / "nan", {**good, "train": [(floats, None)]}, 2)
