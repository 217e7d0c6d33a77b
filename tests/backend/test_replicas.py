"""Steps of many workers, as far as one process can tell; test_processes.py has two."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_vrae as kv
from keras_vrae.backend.tensorflow import replicas
from keras_vrae.validation import SettingError

WORKER = SimpleNamespace(
    run=lambda step, args: step(*args), experimental_local_results=lambda value: (value,)
)


def test_alone_a_replica_has_all_examples():
    assert replicas.share_of_examples(tf.constant(3)) == 1.0
    assert not replicas.in_many_workers(tf.distribute.get_strategy())


@pytest.mark.parametrize("eager", [False, True])
def test_figures_stay_with_their_worker(eager):
    function = replicas.step_of_workers(WORKER, lambda x: {"mean": tf.reduce_mean(x)}, eager)
    sums = function(iter([np.float32([1, 2]), np.float32([4, 5])]))
    assert {name: float(value) for name, value in sums.items()} == {"mean": 1.5}


def test_workers_take_one_step_a_call(monkeypatch):
    model = kv.build("dense", (2, 2), hidden_units=4, seed=0)
    model.compile("adam", steps_per_execution=2)
    monkeypatch.setattr(replicas, "in_many_workers", lambda strategy: True)
    with pytest.raises(SettingError, match="`steps_per_execution` must be 1 with many workers"):
        model.make_train_function()


def test_an_epoch_reports_its_metrics_and_other_logs_of_a_step():
    objective = kv.ELBO(beta=kv.schedules.LinearWarmup(4))
    model = kv.build("dense", (2, 2), hidden_units=4, objective=objective, seed=0)
    model.compile("adam")
    forget = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda step, logs: model.metrics[2].reset_state()
    )
    history = model.fit(np.zeros((4, 2, 2)), batch_size=2, verbose=0, callbacks=[forget]).history
    assert set(history) == {"loss", "reconstruction", "kl", "beta"}
    assert history["kl"] == [0.0]
