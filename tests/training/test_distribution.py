"""The parts of the processes of a cluster; real clusters are in tests/models/test_processes.py."""

import json

import pytest
import tensorflow as tf

from keras_vrae.training import ExperimentConfig, RunDirectory, distribution
from keras_vrae.training.plan import plan_runs
from keras_vrae.validation import DataError, SettingError


@pytest.fixture
def cluster(monkeypatch):
    def name(index, workers=("a:1", "b:2")):
        task = {"type": "worker", "index": index}
        monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": {"worker": workers}, "task": task}))

    return name


@pytest.mark.parametrize("text", ["", "{", "{}", '{"cluster": {"worker": []}, "task": {}}'])
def test_many_workers_need_a_cluster(text, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(SettingError, match="unless the environment variable TF_CONFIG names"):
        plan_runs({"strategy": "multi_worker"}, ["dense"])


def test_only_the_chief_writes(cluster, tmp_path):
    run = RunDirectory(tmp_path / "run")
    for index, chief in ((0, True), (1, False)):
        cluster(index)
        distribution.check_cluster("multi_worker")
        assert distribution.is_chief("multi_worker") == chief
        with distribution.directory_to_write(run, chief) as place:
            assert (place is run) == chief
            (place.path / "file").touch()
    assert not place.path.exists()
    assert [path.name for path in run.path.iterdir()] == ["file"]


def test_a_worker_does_not_look_into_the_folder(cluster, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    for index in (0, 1):
        cluster(index)
        if index:
            assert plan_runs({"strategy": "multi_worker"}, ["dense"], run_dir=tmp_path)
            continue
        with pytest.raises(SettingError, match="Pass --overwrite"):
            plan_runs({"strategy": "multi_worker"}, ["dense"], run_dir=tmp_path)


def test_one_cluster_makes_one_run(cluster):
    cluster(0)
    with pytest.raises(SettingError, match="`strategy` must be 'none' or 'mirrored' with several"):
        plan_runs({"strategy": "multi_worker"}, ["dense", "gru"])


def test_checkpoints_of_replicas_are_of_whole_epochs():
    assert ExperimentConfig(strategy="mirrored").checkpoint_every == "1 epoch"
    with pytest.raises(SettingError, match="`checkpoint_every` must be a number of epochs"):
        ExperimentConfig(strategy="mirrored", checkpoint_every="5 steps")


def test_a_lost_worker_is_named():
    def lose(strategy):
        with distribution.naming_lost_workers(strategy):
            raise tf.errors.UnavailableError(None, None, "many\nlines")

    with pytest.raises(DataError, match="as one was lost"):
        lose("multi_worker")
    with pytest.raises(tf.errors.UnavailableError):
        lose("none")
