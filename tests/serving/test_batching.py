"""Requests of many clients that a server puts together, or does not."""

import contextlib
import threading

import numpy as np
import pytest
from loopback import Models

import keras_vrae as kv
from keras_vrae import serving
from keras_vrae.serving import capi
from keras_vrae.serving.live_answers import live_answer

pytestmark = pytest.mark.slow  # It waits for the threads of many clients.
CLIENTS, REQUESTS, ROWS = 8, 100, 60
LONG_ENOUGH_TO_MEET = 20_000  # Microseconds.


@pytest.fixture(scope="module")
def model():
    return kv.build("dense", (3, 2), hidden_units=8, seed=0)


@pytest.fixture(scope="module")
def directory(model, tmp_path_factory):
    directory = tmp_path_factory.mktemp("dense")
    serving.export(model, directory)
    return directory


def examples(rng, rows):
    return rng.random((rows, 3, 2), "float32")


@pytest.fixture(scope="module")
def pool(model):
    """Rows of inputs, and what the live model answers to them, by model and signature."""
    rng = np.random.default_rng(0)
    inputs, seed = {"inputs": examples(rng, ROWS)}, {"seed": rng.integers(-99, 99, ROWS)}
    calls = {
        ("encoder", "encode"): inputs,
        ("encoder", "sample"): {**inputs, **seed},
        ("decoder", "decode"): {"z": rng.normal(size=(ROWS, 2)).astype("float32")},
        ("autoencoder", "score"): {**inputs, **seed},
    }
    return {
        place: (inputs, live_answer(model, place[1], inputs)) for place, inputs in calls.items()
    }


def bad_rows(rng, inputs):
    """The same request with a value in each row that has no answer."""
    for name in inputs.keys() - {"seed"}:
        for row in inputs[name]:
            row[(0,) * row.ndim] = rng.choice([np.nan, np.inf, -np.inf])
    return inputs


def bad_shapes(rng, inputs):
    """The same request with one value a row too many, or in one dimension too few."""
    name = next(iter(inputs.keys() - {"seed"}))
    x = inputs[name]
    wrong = np.concatenate([x, x[..., :1]], axis=-1) if rng.random() < 0.5 else x[..., 0]
    return {**inputs, name: wrong}


def ask_at_once(models, pool, spoil):
    """Lets clients ask at the same time, the first of which sends rubbish.

    Returns the failures of the others, and whether each row of the rubbish was marked.
    """
    failures, marked, start = [], [], threading.Barrier(CLIENTS)

    def client(number):
        rng = np.random.default_rng(number)
        start.wait()
        for request in range(REQUESTS):
            place = list(pool)[request % len(pool)]
            rows = rng.integers(0, ROWS, rng.integers(1, 20))
            inputs, expected = ({k: v[rows] for k, v in part.items()} for part in pool[place])
            if number == 0:
                with contextlib.suppress(capi.RequestError):
                    marked.append(not models.run(*place, spoil(rng, inputs))["valid"].any())
                continue
            try:
                answer = models.run(*place, inputs)
                assert answer.keys() == expected.keys()
                for name, values in expected.items():
                    np.testing.assert_allclose(answer[name], values, rtol=1e-5, atol=1e-5)
            except (capi.RequestError, AssertionError) as error:
                failures.append((place, error))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures, marked


def test_bad_rows_of_one_client_harm_no_other_in_a_batch(directory, pool):
    models = Models(directory, batching=True, batch_timeout_micros=LONG_ENOUGH_TO_MEET)
    failures, marked = ask_at_once(models, pool, bad_rows)
    assert failures == []
    assert marked == [True] * REQUESTS
    assert sum(session.merged for session in models.sessions.values()) > REQUESTS // 2


@pytest.mark.parametrize("spoil", [bad_rows, bad_shapes])
def test_nothing_of_one_client_harms_another_without_batching(directory, pool, spoil):
    failures, _ = ask_at_once(Models(directory), pool, spoil)
    assert failures == []


def test_a_wrong_shape_fails_those_it_meets_in_a_batch(directory):
    """docs/serving.md says so, and that is why batching is off unless it is asked for."""
    models = Models(directory, batching=True, batch_timeout_micros=10 * LONG_ENOUGH_TO_MEET)
    right = {"z": np.zeros((2, 2), "float32")}
    errors = []

    def ask(inputs):
        with pytest.raises(capi.RequestError) as caught:
            models.run("decoder", "decode", inputs)
        errors.append(caught.value.code)

    threads = [threading.Thread(target=ask, args=[{"z": right["z"][:, :n]}]) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == ["FAILED_PRECONDITION"] * 2
    assert models.run("decoder", "decode", right)["valid"].all()


@pytest.mark.parametrize("batching", [False, True])
@pytest.mark.parametrize("rows", [1, 128, 129, 359, 5000])
def test_requests_of_many_rows_are_answered(directory, model, batching, rows):
    models = Models(directory, batching=batching)
    x = examples(np.random.default_rng(0), rows)
    answer = models.run("encoder", "encode", {"inputs": x})
    np.testing.assert_allclose(answer["z_mean"], model.encode(x).z_mean, atol=1e-5)


def test_sequences_of_any_length_are_not_batched(exported, small_model):
    models = Models(exported[0], batching=True, batch_timeout_micros=LONG_ENOUGH_TO_MEET)
    assert {name for name, _ in models.sessions} == {"decoder", "autoencoder"}
    failures = []

    def ask(steps):
        x = np.random.default_rng(steps).random((2, steps, 2), "float32")
        answer = models.run("encoder", "encode", {"inputs": x})
        if not np.allclose(answer["z_mean"], small_model.encoder(x).z_mean, atol=1e-5):
            failures.append(steps)

    threads = [threading.Thread(target=ask, args=(steps,)) for steps in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
