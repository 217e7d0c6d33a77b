"""The content of an explorer, and the reasons for what it leaves out."""

import base64
import io
import json

import keras
import matplotlib.image
import numpy as np
import pytest
from keras import ops
from report.explored_runs import EXAMPLES, LATENT, STEPS, add_model, model_of
from report.test_report import make_run

import keras_vrae as kv
from keras_vrae import report
from keras_vrae.report.comparison import Comparison
from keras_vrae.report.explorer import CannotDecodeError, Explorer, weights_of
from keras_vrae.report.explorer.examples import BUDGET, MISSING, examples_for_json, shown_rows
from keras_vrae.report.explorer.latent_space import latent_space_for_json, principal_directions
from keras_vrae.report.explorer.sprite import sprite

SHAPE = (STEPS, 3)


@keras.saving.register_keras_serializable(package="tests")
class OwnDecoder(kv.DenseDecoder):
    """A decoder of a user, which may compute anything."""


@keras.saving.register_keras_serializable(package="tests")
class OwnModel(kv.VAE):
    """A model whose means are not those of its likelihood."""

    def mean(self, z, steps=None):
        return 2.0 * super().mean(z, steps)


@keras.saving.register_keras_serializable(package="tests")
class OtherTerms(kv.VAE):
    """A model with another bound, which decodes as any other."""


def numbers(text, dtype):
    return np.frombuffer(base64.b64decode(text), dtype)


def arrays(x, **more):
    found = {"labels": np.arange(len(x)) % 2, "class_names": np.array(["a", "b"])}
    return {**found, "examples": x, "example_rows": np.arange(len(x)), **more}


def test_weights_of_a_decoder_are_those_of_its_layers():
    model = model_of(kv.DenseDecoder(SHAPE, 7, num_layers=1), "bernoulli")
    weights = weights_of(model)
    hidden, output = weights.description["layers"]
    kernel = ops.convert_to_numpy(model.decoder.mlp.layers[0].kernel)
    assert hidden["kernel"] == {"at": 0, "shape": [LATENT, 7]}
    np.testing.assert_allclose(weights.half[: 7 * LATENT].reshape(LATENT, 7), kernel, rtol=1e-3)
    assert output["bias"] == {"at": 7, "shape": [18]}
    np.testing.assert_array_equal(weights.single[7:], model.decoder.output_layer.bias)
    assert json.loads(json.dumps(weights.for_json()))["description"] == weights.description


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: model_of(OwnDecoder(SHAPE, 4), "bernoulli"), "of another package: OwnDecoder"),
        (
            lambda: OwnModel(kv.GRUEncoder(2, 4), kv.DenseDecoder(SHAPE, 4)),
            "a way of its own to decode: OwnModel",
        ),
        (lambda: model_of(kv.DenseDecoder(SHAPE, 4, 1, "gelu"), "bernoulli"), "activation 'gelu'"),
        (lambda: model_of(kv.GRUDecoder((None, 3), 4), "bernoulli"), "length of its sequences"),
        (
            lambda: model_of(kv.GRUDecoder((4, 3), 4, inputs="own"), kv.Multinomial()),
            "documents step by step",
        ),
    ],
)
def test_what_the_page_cannot_decode_is_left_out(make, reason):
    with pytest.raises(CannotDecodeError, match=reason):
        weights_of(make())


def test_a_model_that_decodes_as_any_other_is_decoded():
    model = OtherTerms(kv.GRUEncoder(2, 4), kv.DenseDecoder(SHAPE, 4))
    assert weights_of(model).description["latentDim"] == 2


def test_weights_beyond_the_limit_are_left_out(monkeypatch):
    model = model_of(kv.DenseDecoder(SHAPE, 8), "bernoulli")
    model.decoder.output_layer.kernel.assign(np.full((8, 18), 1e5, "float32"))
    with pytest.raises(CannotDecodeError, match="float16 does not hold"):
        weights_of(model)
    monkeypatch.setattr("keras_vrae.report.explorer.decoder_weights.MOST_WEIGHTS", 10)
    with pytest.raises(CannotDecodeError, match="has 266 weights, and a page holds 10 at most"):
        weights_of(model)


@pytest.mark.slow
def test_an_encoder_that_is_left_out_has_the_plot_and_a_reason(tmp_path, capsys):
    runs = [add_model(tmp_path, "gru", model_of(OwnDecoder(SHAPE, 4), "bernoulli"))]
    runs.append(add_model(tmp_path, "lstm", model_of(kv.DenseDecoder(SHAPE, 4), "bernoulli")))
    runs.append(make_run(tmp_path, "dense", seed=9, latent_dim=LATENT))
    folder, _ = report.write(runs, tmp_path / "out")
    text = (folder / "report.html").read_text()
    said = "its decoder is of another package: OwnDecoder"
    assert f"gru is not decoded in this page: {said}." in text
    assert "dense is not decoded in this page: its run has no model.keras." in text
    assert "embedding, gru encoder" in text
    assert "embedding, lstm encoder" not in text
    assert f"report.html does not decode gru: {said}" in capsys.readouterr().out


def test_a_damaged_model_is_named(tmp_path):
    run = add_model(tmp_path, "gru", model_of(kv.DenseDecoder(SHAPE, 4), "bernoulli"))
    (run / "model.keras").write_bytes(b"PK")
    left_out = Explorer.of(Comparison.of([run])).left_out
    assert left_out == {"gru": "its model.keras cannot be read"}


def test_runs_of_the_same_examples_share_them(tmp_path):
    make = [kv.DenseDecoder(SHAPE, 4), kv.LSTMDecoder(SHAPE, 4)]
    runs = [
        add_model(tmp_path, f"e{n}", model_of(part, "bernoulli")) for n, part in enumerate(make)
    ]
    other = {"labels": np.zeros(EXAMPLES, int)}
    runs.append(add_model(tmp_path, "e2", model_of(make[0], "bernoulli"), **other))
    explorer = Explorer.of(Comparison.of(runs))
    assert [run["tests"] for run in explorer.runs] == [0, 0, 1]
    assert explorer.left_out == {}


def test_latent_space():
    model = model_of(kv.DenseDecoder(SHAPE, 4), "bernoulli", prior=kv.MixtureOfGaussians(2))
    model.prior.means.assign([[1, 2, 3], [4, 5, 6]])
    codes = np.random.default_rng(0).normal(size=(200, LATENT)) * [1, 5, 2]
    found = latent_space_for_json(model, codes)
    np.testing.assert_allclose(numbers(found["codes"], "<f2").reshape(-1, LATENT), codes, atol=1e-2)
    directions = numbers(found["directions"], "<f4").reshape(LATENT, LATENT)
    np.testing.assert_allclose(directions @ directions.T, np.eye(LATENT), atol=1e-6)
    assert abs(directions).argmax(axis=1).tolist() == [1, 2, 0]
    assert [component["mean"] for component in found["prior"]] == [[1, 2, 3], [4, 5, 6]]
    assert found["prior"][0]["weight"] == 0.5
    variances = ((codes - codes.mean(axis=0)) @ principal_directions(codes).T).var(axis=0)
    assert (np.diff(variances) < 0).all()


def test_private_dimensions_are_zero():
    model = model_of(kv.DenseDecoder(SHAPE, 4), "bernoulli")
    found = latent_space_for_json(model, np.ones((4, 2)))
    assert numbers(found["codes"], "<f2").reshape(4, 3).tolist() == [[1, 1, 0]] * 4


def test_points_are_limited():
    assert len(shown_rows(np.zeros((12_000, 2)))) == 10_000
    assert len(shown_rows(np.zeros((12_000, 500)))) == 2_000
    assert shown_rows(np.zeros((5, 2))).tolist() == [0, 1, 2, 3, 4]


def test_the_page_says_which_examples_it_leaves_out(tmp_path):
    model = model_of(kv.DenseDecoder(SHAPE, 4), "bernoulli", latent=2)
    few = {"example_rows": np.arange(20), "examples": np.zeros((20, *SHAPE))}
    many = {"codes": np.zeros((12_000, 2)), "labels": np.zeros(12_000, int)}
    runs = [add_model(tmp_path, "all", model), add_model(tmp_path, "few", model, **few, **many)]
    whole, part = (run["note"] for run in Explorer.of(Comparison.of(runs)).runs)
    assert "test examples" not in whole
    assert "10,000 of 12,000 test examples are points" in part
    assert "of the points have a picture" in part


def pixels_of(address):
    """The grey levels of a PNG, from 0 to 15."""
    data = base64.b64decode(address.removeprefix("data:image/png;base64,"))
    shown = matplotlib.image.imread(io.BytesIO(data))
    return (15 * shown[:, :, 0]).round()


def test_a_sprite_is_tiles():
    images = np.random.default_rng(0).integers(0, 16, (5, 3, 5)) / 15
    address, columns = sprite(images)
    tiles = pixels_of(address).reshape(2, 3, columns, 5).swapaxes(1, 2).reshape(-1, 3, 5)
    np.testing.assert_array_equal(tiles[:5], (15 * images).round())
    assert not tiles[5:].any()


def test_pictures_stay_within_the_budget():
    images = np.random.default_rng(0).integers(0, 256, (3000, 28, 28)).astype("uint8")
    found = examples_for_json(arrays(images), np.arange(3000))
    assert 0.9 * BUDGET < len(found["kept"]["sprite"]) <= BUDGET
    assert found["kept"]["rows"] == list(range(len(found["kept"]["rows"])))


def test_series_are_numbers_between_the_limits_of_their_channels():
    x = np.random.default_rng(0).normal(size=(9, 4, 2)) * [1, 100]
    lengths = np.array([4, 2, *[4] * 7])
    more = {"kind": np.array("series"), "example_lengths": lengths}
    found = examples_for_json(arrays(x, **more), np.arange(1, 9))
    assert found["rows"] == list(range(1, 9))
    assert found["kept"]["rows"] == list(range(8))
    values = numbers(found["kept"]["values"], "<u2").reshape(8, 4, 2)
    assert (values[0, 2:] == MISSING).all()
    low, high = np.array(found["limits"]).T
    np.testing.assert_allclose(low + values[1:] / (MISSING - 1) * (high - low), x[2:], atol=0.01)


def test_an_older_run_shows_the_examples_that_it_drew():
    old = {"labels": np.zeros(20, int), "class_names": np.array(["all"])}
    found = examples_for_json({**old, "originals": np.zeros((6, 4, 4))}, np.arange(20))
    assert found["kept"]["rows"] == [0, 1, 2, 3, 4, 5]
    assert examples_for_json(old, np.arange(20))["kept"]["rows"] == []


@pytest.mark.slow
def test_twenty_encoders_have_a_short_heading_and_a_curve_each(tmp_path):
    runs = []
    for n in range(20):
        (tmp_path / str(n)).mkdir()
        runs.append(make_run(tmp_path / str(n), "dense", seed=n))
        metrics = json.loads((runs[-1] / "metrics.json").read_text())
        (runs[-1] / "metrics.json").write_text(json.dumps({**metrics, "encoder": f"encoder-{n}"}))
    found = Comparison.of(runs)
    assert report.wording.title(found) == "20 encoders on mnist"
    figure = report.plots.validation_plot(found)
    looks = {(line.get_color(), line.get_linestyle()) for line in figure.axes[0].lines}
    assert len(looks) == 20
    wide = report.plots.comparison_plot(found)
    assert wide.get_size_inches()[0] * wide.dpi <= 5000
