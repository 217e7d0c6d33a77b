"""Decoding in the page: what Chromium computes is what `vae.decode` computes."""

import json

import numpy as np
import pytest
from keras import ops
from report.explored_runs import CHANNELS, LATENT, STEPS, add_model, model_of

import keras_vrae as kv
from benchmarks.browser import BROWSER, BROWSERS, Browser
from keras_vrae import report
from keras_vrae.layers import Standardization

POINTS, TOLERANCE = 1000, 2e-3
SHAPE, OPEN, TOKENS = (STEPS, CHANNELS), (None, CHANNELS), (STEPS,)
UNITS = {"standardization": Standardization([100.0, 0.0, -3.0], [10.0, 1.0, 0.5])}
CASES = {
    "dense-bernoulli": lambda: model_of(kv.DenseDecoder(SHAPE, 16), "bernoulli"),
    "dense-gaussian": lambda: model_of(
        kv.DenseDecoder(SHAPE, 16, 3, "tanh"), kv.Gaussian(), **UNITS
    ),
    "dense-categorical": lambda: model_of(kv.DenseDecoder(TOKENS, 16), kv.Categorical(5)),
    "dense-multinomial": lambda: model_of(kv.DenseDecoder((40,), num_layers=0), kv.Multinomial()),
    "lstm-bernoulli": lambda: model_of(kv.LSTMDecoder(SHAPE, 16), "bernoulli"),
    "lstm-gaussian": lambda: model_of(
        kv.LSTMDecoder(OPEN, 16, inputs="own"), kv.Gaussian("per_value"), **UNITS
    ),
    "lstm-categorical": lambda: model_of(
        kv.LSTMDecoder(TOKENS, 16, inputs="teacher"), kv.Categorical(5)
    ),
    "lstm-multinomial": lambda: model_of(kv.LSTMDecoder((8, 5), 16), kv.Multinomial()),
    "gru-bernoulli": lambda: model_of(
        kv.GRUDecoder(SHAPE, 16, inputs="teacher", z_at_every_step=True), "bernoulli"
    ),
    "gru-gaussian": lambda: model_of(
        kv.GRUDecoder(SHAPE, 16, num_layers=2, z_at_every_step=True), kv.Gaussian(0.3)
    ),
    "gru-categorical": lambda: model_of(
        kv.GRUDecoder(TOKENS, 16, inputs="own", z_at_every_step=True), kv.Categorical(5)
    ),
    "gru-multinomial": lambda: model_of(kv.GRUDecoder((8, 5), 16), kv.Multinomial()),
}
KINDS = {"categorical": "tokens", "multinomial": "text"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason=f"none of {', '.join(BROWSERS)} is installed"),
]


@pytest.fixture(scope="module")
def models():
    return {name: make() for name, make in CASES.items()}


@pytest.fixture(scope="module")
def browser(models, tmp_path_factory):
    """A browser with the page of a report on all of the models."""
    folder = tmp_path_factory.mktemp("runs")
    kinds = {name: KINDS.get(name.split("-")[1], "series") for name in models}
    runs = [add_model(folder, name, model, kinds[name]) for name, model in models.items()]
    written, _ = report.write(runs, tmp_path_factory.mktemp("report"))
    with Browser() as browser:
        browser.open(written / "report.html")
        browser.wait_for_frame()
        assert browser.complaints() == []
        yield browser


def decoded(browser, name, z):
    """Returns the values that the page decodes at points, arrays by name."""
    text = browser.value(
        f"""(() => {{
          const {{ decode }} = explorers.find((explorer) => explorer.name === {json.dumps(name)});
          const rows = {json.dumps(z.tolist())}.map(decode);
          const names = Object.keys(rows[0]);
          const columns = names.map((name) => [name, rows.map((row) => Array.from(row[name]))]);
          return JSON.stringify(Object.fromEntries(columns));
        }})()"""
    )
    return {key: np.array(values) for key, values in json.loads(text).items()}


@pytest.mark.parametrize("name", CASES)
def test_the_page_decodes_as_python_does(name, models, browser):
    model = models[name]
    z = np.random.default_rng(1).normal(size=(POINTS, LATENT)).astype("float32")
    found = decoded(browser, name, z)
    length = STEPS if model.event_shape[0] is None else None
    expected = model.decode(z, length=length).reshape(POINTS, -1)
    steps = model.event_shape[0] or STEPS
    parameters, _ = model.decoder.write(ops.convert_to_tensor(z), model.likelihood, steps)
    assert expected.std(axis=0).mean() > 1e-3, "the points must differ"
    if name.endswith("categorical"):
        check_categories(found, expected, ops.convert_to_numpy(ops.softmax(parameters)))
        return
    units = 1.0
    if model.standardization is not None:
        units = np.tile(model.standardization.scale, STEPS)
    error = np.abs(found["mean"] - expected) / units
    assert error.max() < TOLERANCE, error.max()
    if name.endswith("gaussian"):
        _, log_scale = model.likelihood.mean_and_log_scale(parameters)
        scale = np.exp(ops.convert_to_numpy(log_scale)).reshape(-1)
        scale = np.broadcast_to(
            scale if scale.size == 1 else scale.reshape(POINTS, -1), error.shape
        )
        np.testing.assert_allclose(found["scale"] / units, scale, rtol=TOLERANCE)


def check_categories(found, expected, shares):
    """Compares up to the first step whose two likeliest categories are as good as equal."""
    first, second = np.sort(shares, axis=-1)[:, :, :-3:-1].transpose(2, 0, 1)
    before = np.cumsum(first - second < TOLERANCE, axis=1) == 0
    assert before.mean() > 0.9
    np.testing.assert_array_equal(found["mean"][before], expected[before])
    error = np.abs(found["probabilities"].reshape(shares.shape) - shares)
    assert error[before].max() < TOLERANCE, error[before].max()
